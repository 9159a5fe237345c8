"""Run: rounds of list, convert, commit, publish, until nothing is pending.

The manifests are a numbered log. Whatever dies before the PUT of a manifest has not happened;
whatever dies after it is completed by the next run, because the catalog and the target are compared
with what the manifests say, not with what this run did.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataflow.catalog import Catalog
from dataflow.conversion import Conversion
from dataflow.layout import form_of, is_current, top_of
from dataflow.store import Store

if TYPE_CHECKING:
    from dataflow.options import Options
    from dataflow.sources import Object, Table

Json = dict[str, Any]

VERSION = 1
ROUND_OBJECTS = 10_000  # what one manifest commits: bounds memory, and what a crash costs
ROUNDS = 1_000


class Run:
    """One run of the job."""

    def __init__(self, options: Options, run: str) -> None:
        self.options, self.run = options, run
        self.store, self.catalog = Store(options), Catalog(options)
        self.conversion = Conversion(options, run, self.store)
        self.number = 0  # of the newest manifest
        self.facts: dict[str, Json] = {}  # the newest entry of each key
        self.forms: dict[str, Json] = {}
        self.waiting: dict[str, str] = {}  # keys and reasons
        for number, manifest in self.store.manifests():
            self._learn(number, manifest)

    def convert_everything(self) -> None:
        """Convert what is there, and what comes meanwhile."""
        sources = self.store.sources()
        for turn in range(ROUNDS):
            started = time.time()
            tables = {table.name: table for table in self.catalog.tables()}
            pending = self._pending(sources, tables)
            if turn and not pending:
                return
            attempted = self.conversion.convert(pending[:ROUND_OBJECTS], tables, self.number + 1)
            seen, sources = sources, self.store.sources()
            # An object that changed while it was read may have given rows of either content.
            sure = [entry for entry in attempted if seen[entry["key"]] == sources.get(entry["key"])]
            done = [entry for entry in sure if "waits" not in entry]
            said = {entry["key"]: entry["waits"] for entry in sure if "waits" in entry}
            still = {obj.key for obj in pending} - {entry["key"] for entry in done}
            waiting = {key: why for key, why in {**self.waiting, **said}.items() if key in still}
            self._settle(started, done, waiting, tables)
            if not done and sources == seen:
                return

    def _pending(self, sources: dict[str, Object], tables: dict[str, Table]) -> list[Object]:
        """Return what is to be converted, oldest first, what waited last time at the end."""
        pending = [obj for obj in sources.values() if self._is_pending(obj, tables)]
        return sorted(pending, key=lambda obj: (obj.key in self.waiting, obj.modified, obj.key))

    def _is_pending(self, obj: Object, tables: dict[str, Table]) -> bool:
        fact = self.facts.get(obj.key)
        if not fact or fact["etag"] != obj.etag:
            return True
        table = tables.get(fact["table"])
        if not table or not fact["rows"]:
            return False
        return not is_current(self.forms[fact["form"]], form_of(table, self.options))

    def _settle(
        self, started: float, done: list[Json], waiting: dict[str, str], tables: dict[str, Table]
    ) -> None:
        """Commit what was done, then make the catalog and the target follow."""
        replaced = [self.facts[entry["key"]] for entry in done if entry["key"] in self.facts]
        facts = {**self.facts, **{entry["key"]: entry for entry in done}}
        shown: dict[str, list[str]] = {name: [] for name in tables}
        for fact in facts.values():
            shown.setdefault(fact["table"], []).extend(fact["directories"])
        wanted = {top_of(each) for directories in shown.values() for each in directories}
        found = {top_of(each) for fact in replaced for each in fact["directories"]}
        for table in tables.values():
            found |= self.store.directories(form_of(table, self.options)["target"])
        strays = found - wanted
        # With strays but nothing to commit, the number is taken all the same: a run that still
        # writes them somewhere cannot commit any more.
        if done or strays or waiting != self.waiting:
            self._commit(started, done, waiting)
        for name, table in tables.items():
            if shown[name]:
                self.catalog.publish(table, shown[name])
        self.store.delete(strays)

    def _commit(self, started: float, done: list[Json], waiting: dict[str, str]) -> None:
        finished = time.time()
        totals = {
            "objects": len(done),
            "rows": sum(entry["rows"] for entry in done),
            "rejected": sum(entry["rejected"] for entry in done),
            "refused": sum(not entry["read"] and entry["size"] > 0 for entry in done),
            "waiting": len(waiting),
        }
        manifest = {
            "version": VERSION,
            "run": self.run,
            "pipeline": self.options.pipeline,
            "started": _utc(started),
            "finished": _utc(finished),
            "seconds": round(finished - started, 3),
            "totals": totals,
            "objects": done,
            "forms": {
                entry["form"]: self.conversion.forms[entry["form"]]
                for entry in done
                if entry["form"]
            },
            "waiting": [{"key": key, "reason": why} for key, why in waiting.items()],
        }
        self.store.commit(self.number + 1, manifest)
        self._learn(self.number + 1, manifest)
        _log("committed", run=self.run, manifest=self.number, **totals)

    def _learn(self, number: int, manifest: Json) -> None:
        self.number = number
        self.facts.update((entry["key"], entry) for entry in manifest["objects"])
        self.forms.update(manifest["forms"])
        self.waiting = {entry["key"]: entry["reason"] for entry in manifest["waiting"]}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _log(message: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"message": message, **facts}) + "\n")
