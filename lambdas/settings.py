"""Settings: the values that the operator packs with the code of a function.

Environment variables would fail with a role that was deleted and created again: only the first
role has the KMS grant that decrypts them.
"""

import json
from functools import cache
from pathlib import Path


@cache
def settings() -> dict[str, str]:
    """Return the settings of this function."""
    found: dict[str, str] = json.loads(Path(__file__).with_name("settings.json").read_text())
    return found
