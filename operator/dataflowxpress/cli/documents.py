"""Documents: reads YAML that a user gives, and names the file and the line of a mistake."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from .failures import Failure

STDIN = Path("-")


def mappings(file: Path) -> list[dict[str, Any]]:
    """Return the mappings in *file*; raises Failure with file and line if it is not YAML."""
    try:
        text = sys.stdin.read() if file == STDIN else file.read_text(encoding="utf-8")
        return [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text", "give a YAML file", why=str(error)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        what = " ".join(filter(None, (error.context, error.problem)))
        raise Failure(f"{file}: not valid YAML", "correct it", why=f"{where}{what}") from error
    except yaml.reader.ReaderError as error:
        where = f"position {error.position}: {error.reason}"
        raise Failure(f"{file}: not valid YAML", "correct it", why=where) from error
