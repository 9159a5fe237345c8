"""Proposal: options and columns of a spec, found in a sample with the job's own readers."""
