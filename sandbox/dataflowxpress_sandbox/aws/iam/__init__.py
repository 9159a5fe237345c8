"""IAM of the sandbox: what AWS checks in a call, where ministack checks less or something else."""
