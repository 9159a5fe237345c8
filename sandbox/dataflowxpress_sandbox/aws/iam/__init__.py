"""IAM of the sandbox: the permission checks of AWS that ministack lacks or does differently."""
