"""Run: rounds of list, convert, commit, publish, until nothing is pending.

The manifests are a numbered log. Whatever dies before the PUT of a manifest has not happened;
whatever dies after it is completed by the next run, because the catalog and the target are compared
with what the manifests say, not with what this run did.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from dataflow.catalog import Catalog
from dataflow.conversion import REJECTED, Conversion
from dataflow.layout import is_current, top_of, write_layout_of
from dataflow.manifest import manifest_of
from dataflow.manifest_log import ManifestLog
from dataflow.requests import Requests
from dataflow.store import Store

if TYPE_CHECKING:
    from dataflow.options import Options
    from dataflow.sources import Object, Table

Json = dict[str, Any]

ROUND_OBJECTS = 10_000  # what one manifest commits: bounds memory, and what a crash costs
ROUNDS = 1_000
RUNS = "dataflowxpress/runs/"  # what each run says of itself, for the mail about it


class Run:
    """One run of the job."""

    def __init__(self, options: Options, run: str) -> None:
        self.options, self.run = options, run
        self.store, self.catalog = Store(options), Catalog(options)
        self.requests = Requests(self.store)
        self.conversion = Conversion(options, run, self.store)
        self.manifests = ManifestLog(self.store)
        self.done: Counter[str] = Counter()

    def convert_everything(self) -> None:
        """Convert what is there and what comes meanwhile, and as the last act say what was done."""
        began = time.time()
        self._convert_rounds()
        if self.done["objects"]:
            waiting = len(self.manifests.waiting)
            said = {"run": self.run, **self.done, "waiting": waiting}
            said["seconds"] = round(time.time() - began)
            self.store.create(f"{RUNS}{self.run}.json", json.dumps(said).encode())

    def _convert_rounds(self) -> None:
        sources = self.store.sources()
        for turn in range(ROUNDS):
            started = time.time()
            tables = {table.name: table for table in self.catalog.tables()}
            self.requests.refresh()
            pending = self._pending(sources, tables)
            if turn and not pending:
                return
            attempted = self.conversion.convert(
                pending[:ROUND_OBJECTS], tables, self.manifests.number + 1
            )
            seen, sources = sources, self.store.sources()
            # An object that changed while it was read may have given rows of either content.
            sure = [entry for entry in attempted if seen[entry["key"]] == sources.get(entry["key"])]
            done = [self._granting(entry) for entry in sure if "deferred" not in entry]
            said = {entry["key"]: entry["deferred"] for entry in sure if "deferred" in entry}
            still = {obj.key for obj in pending} - {entry["key"] for entry in done}
            waiting = {
                key: why for key, why in {**self.manifests.waiting, **said}.items() if key in still
            }
            self._settle(started, done, waiting, tables)
            entries = self.manifests.entries
            self.requests.close(entries[key] for key in sources if key in entries)
            if not done and sources == seen:
                return

    def _pending(self, sources: dict[str, Object], tables: dict[str, Table]) -> list[Object]:
        """Return what is to be converted, oldest first, what waited last time at the end."""
        pending = [obj for obj in sources.values() if self._is_pending(obj, tables)]
        return sorted(
            pending, key=lambda obj: (obj.key in self.manifests.waiting, obj.modified, obj.key)
        )

    def _is_pending(self, obj: Object, tables: dict[str, Table]) -> bool:
        entry = self.manifests.entries.get(obj.key)
        if not entry or entry["etag"] != obj.etag:
            return True
        if self.requests.not_granted(entry):
            return True
        table = tables.get(entry["table"])
        if not table or not entry["write_layout"]:
            return False
        return not is_current(
            self.manifests.write_layouts[entry["write_layout"]],
            write_layout_of(table, self.options),
        )

    def _granting(self, entry: Json) -> Json:
        """Add to an entry which requests it grants."""
        asked = self.requests.about(entry["key"])
        return {**entry, "requests": asked} if asked else entry

    def _settle(
        self, started: float, done: list[Json], waiting: dict[str, str], tables: dict[str, Table]
    ) -> None:
        """Commit what was done, then make the catalog and the target follow."""
        entries = self.manifests.entries
        replaced = [entries[entry["key"]] for entry in done if entry["key"] in entries]
        entries = {**entries, **{entry["key"]: entry for entry in done}}
        shown: dict[str, list[str]] = {name: [] for name in tables}
        for entry in entries.values():
            shown.setdefault(entry["table"], []).extend(entry["directories"])
        wanted = {top_of(each) for directories in shown.values() for each in directories}
        found = {top_of(each) for entry in replaced for each in entry["directories"]}
        for table in tables.values():
            found |= self.store.directories(write_layout_of(table, self.options)["target"])
        orphans = found - wanted
        incomplete_uploads = self.store.incomplete_uploads(
            self.options.target_prefix
        ) + self.store.incomplete_uploads(REJECTED)
        # With strays but nothing to commit, the number is taken all the same: a run that still
        # writes them somewhere cannot commit any more.
        if done or orphans or incomplete_uploads or waiting != self.manifests.waiting:
            self._commit(started, done, waiting)
        for name, table in tables.items():
            if shown[name]:
                self.catalog.publish(table, shown[name])
        self.store.delete(orphans)
        self.store.abort(incomplete_uploads)
        self.manifests.compact()

    def _commit(self, started: float, done: list[Json], waiting: dict[str, str]) -> None:
        manifest = manifest_of(
            self.run, self.options.pipeline, started, done, self.conversion.write_layouts, waiting
        )
        self.manifests.commit(manifest)
        totals = manifest["totals"]
        self.done.update({name: totals[name] for name in ("objects", "rows", "rejected")})
        _log("committed", run=self.run, manifest=self.manifests.number, **totals)


def _log(message: str, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"message": message, **fields}) + "\n")
