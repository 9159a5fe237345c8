"""Pipeline bucket: the bucket of a pipeline without a cluster, with the records of its runs."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner, Result

from dataflowxpress.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


class Bucket:
    """The bucket of a pipeline that was applied from a manifest, with the records of runs."""

    def __init__(self, s3: Any, name: str, file: Path) -> None:
        self.s3, self.name, self.file = s3, name, file
        self.number = 0

    def run(self, *entries: Json, run: str = "jr_1", **more: Any) -> None:
        """Put the manifest of a run."""
        self.number += 1
        manifest = {
            "run": run,
            "objects": entries,
            "write_layouts": {},
            "waiting": [],
            "finished": f"2026-01-01T12:00:{self.number:02d}.000+00:00",
            **more,
        }
        self.put(f"dataflowxpress/manifests/{self.number:010d}.json", json.dumps(manifest).encode())

    def snapshot(self, *entries: Json, **more: Any) -> None:
        """Put a snapshot up to the last manifest."""
        head = {"number": self.number, "write_layouts": {}, "waiting": {}, **more}
        lines = "\n".join(map(json.dumps, [head, *entries]))
        key = f"dataflowxpress/snapshots/{self.number:010d}.jsonl.gz"
        self.put(key, gzip.compress(lines.encode()))

    def rejected(self, key: str, *rows: Json, run: str = "jr_1") -> Json:
        """Put rejected rows of an object, and return the entry that names them."""
        directory = f"dataflowxpress/rejected/t/dfx_object={uuid.uuid4().hex}/"
        lines = [{"object": key, "run": run, **row} for row in rows]
        content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        self.put(f"{directory}part-0.json.gz", gzip.compress(content))
        count = len(rows)
        return {
            **entry(key, reason=rows[0]["reason"]),
            "read": count + 1,
            "rows": 1,
            "rejected": count,
            "rejected_directory": directory,
        }

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)

    def call(self, command: str, *options: str) -> Result:
        """Run a command about the pipeline."""
        return CliRunner().invoke(app, [command, "-f", str(self.file), *options])


def entry(key: str, *, reason: str | None = None, table: str | None = "t") -> Json:
    counts = {"read": 0, "rows": 0, "rejected": 0}
    parts: Json = {"directories": [], "write_layout": None, "rejected_directory": None}
    about = {"key": key, "etag": "e", "size": 1, "table": table, "reason": reason}
    return {**about, **counts, **parts}
