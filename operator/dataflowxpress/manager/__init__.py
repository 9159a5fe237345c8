"""Process: one operator among several: when it leads, how it ends, and whether it is well."""
