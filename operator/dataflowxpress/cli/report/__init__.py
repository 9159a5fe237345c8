"""Report: an archive for a bug report, without secrets."""
