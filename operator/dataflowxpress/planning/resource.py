"""Resource: a frozen description of one thing in AWS that knows how one API spells it."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, ClassVar

from dataflowxpress.api.resource_id import Id, Key

from .diff import Change
from .ownership import OwnerTags

State = Mapping[str, Any]
Tags = Mapping[str, str]


class Absent(dict[str, Any]):
    """What `read` found in the place of a resource that is not there, and may be in its way."""


Kind = typing.TypeVar("Kind", bound="Resource")


@dataclass(frozen=True)
class Scope:
    """Where a pipeline's resources live and whose they are."""

    owner: str  # "<namespace>/<name>" of the DataPipeline
    account: str
    region: str
    partition: str = "aws"
    tags: Tags = field(default_factory=dict)
    cluster: str = ""  # the uid of its namespace kube-system; empty: the command line
    uid: str = ""  # of the DataPipeline
    adopt: bool = False  # take over all that has the pipeline's names and is no other's
    boundary: str = ""  # ARN of the policy that bounds every role
    retired_tags: frozenset[str] = frozenset()  # keys that were among the user's tags once

    @property
    def owner_tags(self) -> OwnerTags:
        """What is written on all that is here."""
        return OwnerTags(self.owner, self.cluster, self.uid)

    @property
    def all_tags(self) -> dict[str, str]:
        """The user's tags and the mark of ownership."""
        return {**self.tags, **self.owner_tags.tags}

    @property
    def tags_to_be(self) -> dict[str, str | None]:
        """All that we know of tags: None for one that has to go; other keys are other people's."""
        return {**dict.fromkeys(self.retired_tags), **self.all_tags}


@dataclass(frozen=True)
class Resource:
    """One thing in AWS.

    A subclass holds the resources it refers to as plain attributes: the graph is read off them.
    `read` and `delete` take the key alone, so that an orphan can go long after its description.
    """

    kinds: ClassVar[dict[str, type[Resource]]] = {}

    service: ClassVar[str]
    arn_format: ClassVar[str] = ""  # empty: takes no tags and belongs to whoever owns its parent
    immutable: ClassVar[frozenset[str]] = frozenset()
    keeps_data: ClassVar[bool] = False
    modified: ClassVar[str] = ""  # the property that says when it was last changed
    reads_many: ClassVar[bool] = False  # one call tells of many: see `read_many`
    settles: ClassVar[bool] = False  # AWS goes on after its answer: see `is_unsettled`

    scope: Scope = field(repr=False)
    name: str
    _: KW_ONLY
    adopt: bool = False  # take over what exists and has no owner yet

    def __init_subclass__(cls) -> None:
        Resource.kinds[cls.__name__] = cls

    @property
    def key(self) -> Key:
        """What `read` and `delete` need."""
        return (self.name,)

    @property
    def id(self) -> Id:
        """Kind and key."""
        return Id(type(self).__name__, self.key)

    @property
    def arn(self) -> str:
        """The ARN, known before the resource exists; empty for kinds that have none."""
        return self.arn_of(self.scope, self.key)

    @classmethod
    def arn_of(cls, scope: Scope, key: Key) -> str:
        """Return the ARN of the resource of this kind with *key*."""
        return cls.arn_format.format(
            partition=scope.partition,
            region=scope.region,
            account=scope.account,
            name=key[-1],
        )

    @property
    def needs(self) -> Iterator[Resource]:
        """The resources this one holds."""
        for attribute in fields(self):
            value = getattr(self, attribute.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Resource):
                    yield item

    @classmethod
    @functools.cache
    def may_need(cls) -> frozenset[str]:
        """Return the kinds that this kind's attributes can hold, read off their types."""
        hints = typing.get_type_hints(cls).values()
        held = {kind for hint in hints for kind in _classes(hint) if issubclass(kind, Resource)}
        return frozenset(name for name, kind in Resource.kinds.items() if kind in held)

    def desired(self) -> State:
        """Return every property we manage, in the words of the API that answers `read`. Pure."""
        raise NotImplementedError

    @staticmethod
    def read_many(client: Any, keys: Sequence[Key]) -> Mapping[Key, State]:
        """Return what `read` does of each that is there, by one call; see `reads_many`."""
        raise NotImplementedError

    @staticmethod
    def read(client: Any, *key: Any) -> State | None:
        """Return the same properties as they are now; None or the API's error where absent."""
        raise NotImplementedError

    def create(self, client: Any, want: State, tags: Tags) -> None:
        """Make it."""
        raise NotImplementedError

    def update(self, client: Any, want: State, changed: frozenset[str]) -> None:
        """Change the properties named in *changed* to what *want* says."""
        raise NotImplementedError

    @staticmethod
    def delete(client: Any, *key: Any) -> None:
        """Remove it; the API's error where it is absent is fine."""
        raise NotImplementedError

    @staticmethod
    def empty(client: Any, *key: Any) -> Iterator[str]:  # noqa: ARG004 - most kinds hold nothing
        """Remove what has to go before it can; yields how far it is, for people."""
        yield from ()

    @staticmethod
    def is_empty(client: Any, *key: Any) -> bool:  # noqa: ARG004 - most kinds keep no data
        """Return whether it holds no data, so that its deletion loses none; see `keeps_data`."""
        return False

    @staticmethod
    def parent(*key: Any) -> Id | None:  # noqa: ARG004 - most kinds have tags of their own
        """Return whose owner owns it, for a kind without tags of its own."""
        return None

    @staticmethod
    def work(client: Any, *key: Any) -> str:  # noqa: ARG004 - most kinds are never at anything
        """Return what it is at that would be cut short if it went now, or an empty string."""
        return ""

    @classmethod
    def changed_at(cls, have: State) -> str:
        """Return when AWS saw the last change, as text; empty where it does not tell."""
        when = have.get(cls.modified, "")
        if str(when).isdigit():  # SQS counts seconds
            when = datetime.fromtimestamp(int(when), UTC)
        if isinstance(when, datetime):
            return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return str(when)

    def obstacle(self, found: Absent) -> str:  # noqa: ARG002 - most kinds have their place alone
        """Return why it cannot be made as long as *found* is there, and the cure."""
        return ""

    def replaces(self, found: Absent) -> Iterable[Change]:  # noqa: ARG002 - as above
        """Return what of *found* goes when it is made."""
        return ()

    @staticmethod
    def is_unsettled(have: State) -> bool:  # noqa: ARG004 - most kinds are as soon as AWS answers
        """Say whether AWS is still at what it was last asked for; see `settles`."""
        return False

    @staticmethod
    def waits_for(have: State) -> str:  # noqa: ARG004 - most kinds wait for nothing
        """Return what somebody else still has to do before this works, or an empty string."""
        return ""

    @property
    def waits_first_for(self) -> str:
        """What somebody else has to do as soon as this is made, or an empty string."""
        return ""


def _classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for argument in typing.get_args(hint):
        yield from _classes(argument)


def only(resources: Iterable[Resource], kind: type[Kind]) -> Kind:
    """Return the one resource of a kind that is there once."""
    return next(resource for resource in resources if isinstance(resource, kind))
