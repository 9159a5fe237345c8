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
from dataflow.history import History
from dataflow.layout import form_of, is_current, top_of
from dataflow.manifest import manifest_of
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
        self.history = History(self.store)
        self.done: Counter[str] = Counter()

    def convert_everything(self) -> None:
        """Convert what is there and what comes meanwhile, and as the last act say what was done."""
        began = time.time()
        self._convert_rounds()
        if self.done["objects"]:
            waiting = len(self.history.waiting)
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
                pending[:ROUND_OBJECTS], tables, self.history.number + 1
            )
            seen, sources = sources, self.store.sources()
            # An object that changed while it was read may have given rows of either content.
            sure = [entry for entry in attempted if seen[entry["key"]] == sources.get(entry["key"])]
            done = [self._granting(entry) for entry in sure if "waits" not in entry]
            said = {entry["key"]: entry["waits"] for entry in sure if "waits" in entry}
            still = {obj.key for obj in pending} - {entry["key"] for entry in done}
            waiting = {
                key: why for key, why in {**self.history.waiting, **said}.items() if key in still
            }
            self._settle(started, done, waiting, tables)
            facts = self.history.facts
            self.requests.close(facts[key] for key in sources if key in facts)
            if not done and sources == seen:
                return

    def _pending(self, sources: dict[str, Object], tables: dict[str, Table]) -> list[Object]:
        """Return what is to be converted, oldest first, what waited last time at the end."""
        pending = [obj for obj in sources.values() if self._is_pending(obj, tables)]
        return sorted(
            pending, key=lambda obj: (obj.key in self.history.waiting, obj.modified, obj.key)
        )

    def _is_pending(self, obj: Object, tables: dict[str, Table]) -> bool:
        fact = self.history.facts.get(obj.key)
        if not fact or fact["etag"] != obj.etag:
            return True
        if self.requests.not_granted(fact):
            return True
        table = tables.get(fact["table"])
        if not table or not fact["form"]:
            return False
        return not is_current(self.history.forms[fact["form"]], form_of(table, self.options))

    def _granting(self, entry: Json) -> Json:
        """Add to an entry which requests it grants."""
        asked = self.requests.about(entry["key"])
        return {**entry, "requests": asked} if asked else entry

    def _settle(
        self, started: float, done: list[Json], waiting: dict[str, str], tables: dict[str, Table]
    ) -> None:
        """Commit what was done, then make the catalog and the target follow."""
        facts = self.history.facts
        replaced = [facts[entry["key"]] for entry in done if entry["key"] in facts]
        facts = {**facts, **{entry["key"]: entry for entry in done}}
        shown: dict[str, list[str]] = {name: [] for name in tables}
        for fact in facts.values():
            shown.setdefault(fact["table"], []).extend(fact["directories"])
        wanted = {top_of(each) for directories in shown.values() for each in directories}
        found = {top_of(each) for fact in replaced for each in fact["directories"]}
        for table in tables.values():
            found |= self.store.directories(form_of(table, self.options)["target"])
        strays = found - wanted
        begun = self.store.begun(self.options.target_prefix) + self.store.begun(REJECTED)
        # With strays but nothing to commit, the number is taken all the same: a run that still
        # writes them somewhere cannot commit any more.
        if done or strays or begun or waiting != self.history.waiting:
            self._commit(started, done, waiting)
        for name, table in tables.items():
            if shown[name]:
                self.catalog.publish(table, shown[name])
        self.store.delete(strays)
        self.store.abort(begun)
        self.history.compact()

    def _commit(self, started: float, done: list[Json], waiting: dict[str, str]) -> None:
        manifest = manifest_of(
            self.run, self.options.pipeline, started, done, self.conversion.forms, waiting
        )
        self.history.commit(manifest)
        totals = manifest["totals"]
        self.done.update({name: totals[name] for name in ("objects", "rows", "rejected")})
        _log("committed", run=self.run, manifest=self.history.number, **totals)


def _log(message: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"message": message, **facts}) + "\n")
