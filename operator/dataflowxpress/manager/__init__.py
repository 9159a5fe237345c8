"""Manager: runs the operator's process with leader election, probes and signals."""
