"""A cloud in memory, with two kinds of things in it: one with tags, one that belongs to it."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.resources import Function
from dataflowxpress.aws.tags import TAGGERS, Tagger
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Resource, Scope, State, Tags
from tests.unit.server import server

__all__ = ["server"]  # a fixture

SCOPE = Scope("demo/orders", "111122223333", "eu-west-1", tags={"team": "data"})
OTHER_SCOPE = Scope("demo/other", "111122223333", "eu-west-1")


def aws_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Do")


@dataclass
class Memory:
    """A client of every service: what there is, what was called, and what goes wrong."""

    things: dict[Key, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, Tags] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    lags: bool = False  # the bulk answer about tags has not caught up
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str) -> Memory:  # noqa: ARG002 - it stands for all of them
        return self

    def call(self, verb: str, key: Key) -> None:
        """Note a call, and fail where that is planned."""
        call = f"{verb} {key[-1]}"
        with self._lock:
            self.journal.append(call)
            if planned := self.failures.get(call):
                raise planned.pop(0)

    def get(self, key: Key) -> dict[str, Any]:
        if key not in self.things:
            raise aws_error("ResourceNotFoundException")
        return self.things[key]

    def get_paginator(self, operation: str) -> Memory:
        self.call("page", (operation,))
        return self

    def paginate(self, TagFilters: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:  # noqa: N803 - AWS's spelling
        (wanted,) = TagFilters
        assert wanted["Key"] == OWNER_TAG
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
            for arn, tags in self.tags.items()
            if tags.get(OWNER_TAG) in wanted["Values"] and not self.lags
        ]
        yield {"ResourceTagMappingList": found}

    @property
    def writes(self) -> list[str]:
        return [call for call in self.journal if call.split()[0] not in {"page", "read", "tags"}]


@dataclass(frozen=True, kw_only=True)
class Box(Resource):
    """A thing with tags that may stand on another."""

    service = "memory"
    arn_format = "arn:{partition}:memory:{region}:{account}:box/{name}"
    immutable = frozenset({"Color"})

    size: int = 1
    color: str = "grey"
    labels: Mapping[str, str] = field(default_factory=dict)
    on: Box | None = None

    def desired(self) -> State:
        return {"Size": self.size, "Color": self.color, "Labels": Exclusive(self.labels)}

    @staticmethod
    def read(client: Memory, name: str) -> State:
        client.call("read", (name,))
        return dict(client.get((name,)))

    def create(self, client: Memory, want: State, tags: Tags) -> State | None:
        client.things[self.key] = {"Color": want["Color"], "Size": 0, "Labels": {}}
        client.tags[self.arn] = tags
        client.call("create", self.key)
        self.update(client, want, frozenset(want))
        return None

    def update(self, client: Memory, want: State, changed: frozenset[str]) -> None:
        client.call("update", self.key)
        client.get(self.key).update({part: want[part] for part in changed})

    @staticmethod
    def delete(client: Memory, name: str) -> None:
        client.call("delete", (name,))
        client.get((name,))
        del client.things[name,]

    @staticmethod
    def waits_for(have: State) -> str:
        return "somebody to close it" if have.get("Open") else ""


@dataclass(frozen=True, kw_only=True)
class Safe(Box):
    """A box that must not be lost."""

    keeps_data = True
    critical = True


@dataclass(frozen=True, kw_only=True)
class Pass(Box):
    """A box whose labels permit the use of other boxes."""

    permits: tuple[Box, ...] = field(default=(), compare=False)

    @property
    def needs(self) -> Iterator[Resource]:
        return iter(())

    @property
    def names(self) -> Iterator[Resource]:
        return iter(self.permits)

    def desired(self) -> State:
        labels = {box.name: "use" for box in self.permits}
        return {**super().desired(), "Labels": Exclusive({**self.labels, **labels})}

    def narrowed(self, have: State, foreign: frozenset[Id]) -> Pass | None:
        refused = {box.name for box in self.permits if box.id in foreign}
        kept = {name: use for name, use in have["Labels"].items() if name not in refused}
        return None if kept == have["Labels"] else replace(self, permits=(), labels=kept)


@dataclass(frozen=True, kw_only=True)
class Slow(Box):
    """A box that is set up for a while after every change: for as many looks as it is large."""

    asynchronous = True

    @staticmethod
    def read(client: Memory, name: str) -> State:
        have = Box.read(client, name)
        client.things[name,]["Looks"] = have.get("Looks", 0) + 1
        return have

    @staticmethod
    def is_in_progress(have: State) -> bool:
        return bool(have.get("Looks", 0) < have["Size"])


@dataclass(frozen=True, kw_only=True)
class Lid(Resource):
    """A thing without tags: whose it is follows from its box, if it has one."""

    service = "memory"

    box: Box | None
    shape: str = "round"

    @property
    def key(self) -> Key:
        return (self.box.name if self.box else "", self.name)

    @staticmethod
    def parents(box: str, name: str) -> tuple[Id, ...]:  # noqa: ARG004 - only the box has an owner
        return (Id("Box", (box,)),) if box else ()

    def desired(self) -> State:
        return {"Shape": self.shape}

    @staticmethod
    def read(client: Memory, *key: str) -> State | None:
        client.call("read", key)
        return client.things.get(key)

    def create(self, client: Memory, want: State, tags: Tags) -> None:  # noqa: ARG002 - it has none
        client.call("create", self.key)
        client.things[self.key] = dict(want)

    def update(self, client: Memory, want: State, changed: frozenset[str]) -> None:  # noqa: ARG002
        client.call("update", self.key)
        client.things[self.key].update(want)

    @staticmethod
    def delete(client: Memory, *key: str) -> None:
        client.call("delete", key)
        del client.things[key]


def memory_tagger() -> Tagger:
    """Return what reads and writes the tags of a cloud in memory one by one."""

    def read(client: Memory, arn: str) -> Tags:
        client.call("tags", (arn,))
        return client.tags.get(arn, {})

    def write(client: Memory, arn: str, tags: Tags) -> None:
        client.call("tag", (arn,))
        client.tags[arn] = {**client.tags.get(arn, {}), **tags}

    def remove(client: Memory, arn: str, keys: list[str]) -> None:
        client.call("untag", (arn,))
        client.tags[arn] = {k: v for k, v in client.tags[arn].items() if k not in keys}

    return Tagger(read, write, remove)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Return an empty cloud."""
    monkeypatch.setitem(TAGGERS, "memory", memory_tagger())
    return Memory()


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def settings_of(function: Function) -> dict[str, str]:
    """Return the settings that are packed with the function's code."""
    with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
        settings: dict[str, str] = json.loads(archive.read("settings.json"))
    return settings
