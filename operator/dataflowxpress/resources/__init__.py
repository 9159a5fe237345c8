"""Resources: every kind of AWS resource a pipeline is made of, one file each."""
