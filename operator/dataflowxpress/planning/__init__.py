"""Planning: describe, compare and plan; no I/O."""
