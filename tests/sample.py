"""Sample: `make test` runs a sample of what takes minutes, `make test-all` runs all of it."""

from __future__ import annotations

import os

EVERYTHING = os.environ.get("WALK") == "all"
