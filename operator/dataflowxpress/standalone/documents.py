"""Documents: reads YAML that a user gives, and names the file and the line of a mistake."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dataflowxpress.api.document import name_of
from dataflowxpress.api.errors import Failure
from dataflowxpress.api.spec import KIND

PAGE = "docs/first-pipeline.md, or `kubectl explain datapipeline.spec`"
STDIN = Path("-")


def mappings(file: Path) -> list[dict[str, Any]]:
    """Return the mappings in *file*; raises Failure with file and line if it is not YAML."""
    try:
        text = sys.stdin.read() if file == STDIN else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 text", "give a YAML file", why=str(error)) from error
    return parsed(text, str(file))


def parsed(text: str, source: str) -> list[dict[str, Any]]:
    """Return the mappings in *text*; raises Failure with *source* and the line of a mistake."""
    try:
        return [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        what = " ".join(filter(None, (error.context, error.problem)))
        raise Failure(f"{source}: not valid YAML", "correct it", why=f"{where}{what}") from error
    except yaml.reader.ReaderError as error:
        where = f"position {error.position}: {error.reason}"
        raise Failure(f"{source}: not valid YAML", "correct it", why=where) from error


def chosen(documents: Sequence[Mapping[str, Any]], name: str, source: str) -> Mapping[str, Any]:
    """Return the only pipeline in *documents*; from several pipelines, the one with *name*.

    Raises Failure, which names *source*, if there is no such pipeline.
    """
    pipelines = [each for each in documents if each.get("kind") == KIND]
    found = [each for each in pipelines if not name or name_of(each) == name]
    if not found:
        wanted = f"{KIND} {name}".strip()
        names = ", ".join(map(name_of, pipelines))
        others = f"; pipelines in it: {names}" if names else ""
        fix = "give a file with a DataPipeline" if not pipelines else "correct the NAME"
        raise Failure(f"{source}: no {wanted} in this file{others}", fix, page=PAGE)
    if len(found) > 1:
        names = ", ".join(map(name_of, found))
        raise Failure(f"{source}: several pipelines in this file", f"give a NAME of {names}")
    return found[0]
