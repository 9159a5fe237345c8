"""Recording: a session of real commands on a sandbox, as an SVG for the README."""
