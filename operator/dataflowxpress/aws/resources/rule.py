"""EventBridge rule: sends matching events to one target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.aws.errors import raise_failed_entries
from dataflowxpress.aws.paging import pages
from dataflowxpress.aws.tags import pairs
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.resource import Resource, State, Tags

from .queue import Queue
from .topic import Topic

TARGET = "target"


@dataclass(frozen=True, kw_only=True)
class Rule(Resource):
    """A rule on the default bus; undeliverable events go to a dead-letter queue."""

    service = "events"
    arn_format = "arn:{partition}:events:{region}:{account}:rule/{name}"
    calls = 2
    lists = True
    unlisted = frozenset({"Target"})

    pattern: Mapping[str, Any]
    target: Queue | Topic
    dead_letters: Queue | None
    enabled: bool = True

    def desired(self) -> State:
        return {
            "EventPattern": Exclusive(self.pattern),
            "State": "ENABLED" if self.enabled else "DISABLED",
            "Target": Exclusive(self._target()),
        }

    def _target(self) -> dict[str, Any]:
        target: dict[str, Any] = {"Id": TARGET, "Arn": self.target.arn}
        if self.dead_letters:
            target["DeadLetterConfig"] = {"Arn": self.dead_letters.arn}
        return target

    @staticmethod
    def read(events: Any, name: str) -> State:
        rule = _state(events.describe_rule(Name=name))
        targets = {each["Id"]: each for each in _targets(events, name)}
        return {**rule, "Target": targets.get(TARGET)}

    @staticmethod
    def list_all(events: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(events, "list_rules"):
            yield {(each["Name"],): _state(each) for each in page["Rules"]}

    def create(self, events: Any, want: State, tags: Tags) -> None:
        self._put(events, want, Tags=pairs(tags))
        self.update(events, want, frozenset({"Target"}))

    def update(self, events: Any, want: State, changed: frozenset[str]) -> None:
        if changed - {"Target"}:
            self._put(events, want)
        if "Target" in changed:
            response = events.put_targets(Rule=self.name, Targets=[want["Target"]])
            raise_failed_entries("PutTargets", response)

    def _put(self, events: Any, want: State, **tags: Any) -> None:
        pattern = json.dumps(want["EventPattern"])
        events.put_rule(Name=self.name, EventPattern=pattern, State=want["State"], **tags)

    @staticmethod
    def delete(events: Any, name: str) -> None:
        ids = [target["Id"] for target in _targets(events, name)]
        if ids:
            response = events.remove_targets(Rule=name, Ids=ids)
            raise_failed_entries("RemoveTargets", response)
        events.delete_rule(Name=name)


def _targets(events: Any, rule: str) -> list[Mapping[str, Any]]:
    targets: list[Mapping[str, Any]] = events.list_targets_by_rule(Rule=rule)["Targets"]
    return targets


def _state(rule: Mapping[str, Any]) -> State:
    return {**rule, "EventPattern": json.loads(rule.get("EventPattern", "{}"))}
