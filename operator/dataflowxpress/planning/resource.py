"""Resource: the description of one AWS resource, in the terms of the API that manages it."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, ClassVar

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.api.timestamps import format_time

from .diff import Change
from .ownership import OwnerTags
from .short_names import fit

TAG_VALUE = 256  # characters, the limit of AWS

State = Mapping[str, Any]
Tags = Mapping[str, str]
Observed = Mapping[Id, "State | Problem | None"]


class Absent(dict[str, Any]):
    """What `read` returns for a resource that does not exist, with properties that may block it."""


def is_absent(have: State | Problem | None) -> bool:
    """Return whether the resource does not exist."""
    return have is None or isinstance(have, Absent)


Kind = typing.TypeVar("Kind", bound="Resource")


@dataclass(frozen=True)
class Scope:
    """The location of a pipeline's resources, and their owner."""

    owner: str  # "<namespace>/<name>" of the DataPipeline
    account: str
    region: str
    partition: str = "aws"
    tags: Tags = field(default_factory=dict)
    role_tags: Tags = field(default_factory=dict)  # those of *tags* that roles have, too
    cluster: str = ""  # UID of the namespace kube-system; empty for the command line
    uid: str = ""  # of the DataPipeline
    adopt: bool = False  # adopt unowned resources with the pipeline's names
    delete_adopted: bool = False  # delete adopted resources that keep data, too
    boundary: str = ""  # ARN of the permissions boundary of every role
    retired_tags: frozenset[str] = frozenset()  # keys that have left the user's tags

    @property
    def owner_tags(self) -> OwnerTags:
        """The tags that mark the owner; a name that is too long for a tag ends with a hash."""
        return OwnerTags(fit(self.owner, TAG_VALUE), self.cluster, self.uid)

    @property
    def all_tags(self) -> dict[str, str]:
        """The user's tags and the owner tags."""
        return {**self.tags, **self.owner_tags.tags}

    @property
    def tags_to_be(self) -> dict[str, str | None]:
        """The managed tags: None removes a key; the operator ignores all other keys."""
        return {**dict.fromkeys(self.retired_tags), **self.all_tags}

    @property
    def of_roles(self) -> Scope:
        """The scope of roles, whose tags can grant permissions to the code that runs as them."""
        others = (self.retired_tags | self.tags.keys()) - self.role_tags.keys()
        return replace(self, tags=self.role_tags, retired_tags=others)


@dataclass(frozen=True)
class Resource:
    """The description of one AWS resource.

    A subclass holds the resources it refers to as plain attributes, which define the graph.
    `read` and `delete` need only the key, so that orphans can be deleted without a description.
    """

    kinds: ClassVar[dict[str, type[Resource]]] = {}

    service: ClassVar[str]
    arn_format: ClassVar[str] = ""  # empty: not taggable, owned through its parent
    immutable: ClassVar[frozenset[str]] = frozenset()
    replacement: ClassVar[str] = ""  # what users must know about a replacement, for the plan
    keeps_data: ClassVar[bool] = False
    adopt_by: ClassVar[str] = "spec.adopt"  # the narrowest field that adopts the kind
    critical: ClassVar[bool] = False  # holds data or an identity: while refused, nothing is written
    modified: ClassVar[str] = ""  # the property with the time of the last change
    reads_many: ClassVar[bool] = False  # one call reads many: see `read_many`
    calls: ClassVar[int] = 1  # of one `read`
    lists: ClassVar[bool] = False  # some calls read all of an account and region: see `list_all`
    lists_first: ClassVar[bool] = False  # a short page replaces many calls: see `list_first`
    unlisted: ClassVar[frozenset[str]] = frozenset()  # properties that only `read` returns
    reads_tags: ClassVar[bool] = False  # `read` returns the tags; the tagging API lacks the kind
    asks_once: ClassVar[bool] = False  # its creation asks a person: see `stays_absent`
    asynchronous: ClassVar[bool] = False  # changes outlast their API calls: see `is_in_progress`

    scope: Scope = field(repr=False)
    name: str
    _: KW_ONLY
    adopt: bool = False  # adopt an existing resource without an owner

    def __init_subclass__(cls) -> None:
        Resource.kinds[cls.__name__] = cls

    @property
    def key(self) -> Key:
        """The arguments of `read` and `delete`."""
        return (self.name,)

    @property
    def id(self) -> Id:
        """Kind and key."""
        return Id(type(self).__name__, self.key)

    @property
    def arn(self) -> str:
        """The ARN, known before the resource exists; empty for kinds without ARNs."""
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
        """The resources that this one refers to."""
        for attribute in fields(self):
            value = getattr(self, attribute.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Resource):
                    yield item

    @property
    def names(self) -> Iterator[Resource]:
        """The resources that it must not touch while they are foreign; those of `needs` and more.

        Unlike `needs`, this sets no order, except for critical resources.
        """
        yield from self.needs

    def narrowed(
        self,
        have: State,  # noqa: ARG002 - most kinds grant nothing
        foreign: frozenset[Id],  # noqa: ARG002
    ) -> Resource | None:
        """Return the resource as in *have*, without its permissions on *foreign*; None if none."""
        return None

    @classmethod
    @functools.cache
    def may_need(cls) -> frozenset[str]:
        """Return the kinds that this kind's attributes can hold, according to their types."""
        hints = typing.get_type_hints(cls).values()
        held = {kind for hint in hints for kind in _classes(hint) if issubclass(kind, Resource)}
        return frozenset(name for name, kind in Resource.kinds.items() if kind in held)

    def desired(self) -> State:
        """Return all managed properties, in the form that `read` returns. Pure."""
        raise NotImplementedError

    @staticmethod
    def read_many(client: Any, keys: Sequence[Key]) -> Mapping[Key, State]:
        """Return the result of `read` for each existing key, by one call; see `reads_many`."""
        raise NotImplementedError

    @staticmethod
    def list_all(client: Any) -> Iterator[Mapping[Key, State]]:
        """Yield the result of `read` for all resources, one page for each call; see `lists`.

        The states lack the properties in `unlisted`.
        """
        raise NotImplementedError

    @staticmethod
    def list_first(client: Any) -> tuple[Mapping[Key, State], bool]:
        """Return the result of `read` for some resources, by one call, and whether these are all.

        See `lists_first`.
        """
        raise NotImplementedError

    @staticmethod
    def read(client: Any, *key: Any) -> State | None:
        """Return the current properties; None, or the API's error, if the resource is absent."""
        raise NotImplementedError

    def create(self, client: Any, want: State, tags: Tags) -> State | None:
        """Create the resource; an asynchronous kind returns its state from the response."""
        raise NotImplementedError

    def update(self, client: Any, want: State, changed: frozenset[str]) -> State | None:
        """Change the properties in *changed* to their values in *want*; returns as `create`."""
        raise NotImplementedError

    @staticmethod
    def delete(client: Any, *key: Any) -> None:
        """Delete the resource; can raise the API's error if it is absent."""
        raise NotImplementedError

    @staticmethod
    def empty(client: Any, *key: Any) -> Iterator[str]:  # noqa: ARG004 - most kinds have no contents
        """Delete the contents that block a deletion; yields progress messages."""
        yield from ()

    @staticmethod
    def is_empty(client: Any, *key: Any) -> bool:  # noqa: ARG004 - most kinds keep no data
        """Return whether it holds no data, so that its deletion loses none; see `keeps_data`."""
        return False

    @staticmethod
    def parents(*key: Any) -> tuple[Id, ...]:  # noqa: ARG004 - most kinds have tags of their own
        """Return the resources that show the owner, for a kind without tags."""
        return ()

    @classmethod
    def is_derived(
        cls,
        scope: Scope,  # noqa: ARG003 - AWS shows the owner of most kinds
        key: Key,  # noqa: ARG003
    ) -> bool:
        """Return whether only the pipeline of *scope* derives *key*.

        It replaces the proof of ownership for kinds that have neither tags nor parents.
        """
        return False

    @staticmethod
    def work(client: Any, *key: Any) -> str:  # noqa: ARG004 - most kinds run no work
        """Describe active work that a deletion would interrupt, or return an empty string."""
        return ""

    @classmethod
    def changed_at(cls, have: State) -> str:
        """Return the time of the last change in AWS; empty if AWS does not report it."""
        moment = have.get(cls.modified, "")
        if str(moment).isdigit():  # SQS reports seconds since the epoch, as text
            moment = int(moment)
        return format_time(moment) if isinstance(moment, datetime | int) else str(moment)

    def obstacle(self, found: Absent) -> str:  # noqa: ARG002 - most kinds have no conflicts
        """Return why *found* prevents the creation and a fix, or an empty string."""
        return ""

    def unadoptable(self, have: State) -> str:  # noqa: ARG002 - most kinds can always be adopted
        """Return why the operator does not adopt the existing resource and a fix, or nothing."""
        return ""

    @property
    def stays_absent(self) -> str:
        """Why the operator does not create the absent resource and a fix, or an empty string."""
        return ""

    def replaces(self, found: Absent) -> Iterable[Change]:  # noqa: ARG002 - as above
        """Return the changes to *found* that the creation causes."""
        return ()

    @staticmethod
    def is_in_progress(have: State) -> bool:  # noqa: ARG004 - most kinds change at once
        """Return whether AWS still applies the last change; see `asynchronous`."""
        return False

    @staticmethod
    def waits_for(have: State) -> str:  # noqa: ARG004 - most kinds wait for nothing
        """Describe the external action that this waits for, or return an empty string."""
        return ""

    @property
    def initially_waits_for(self) -> str:
        """The external action that a new resource waits for, or an empty string."""
        return ""


def _classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for argument in typing.get_args(hint):
        yield from _classes(argument)


def only(resources: Iterable[Resource], kind: type[Kind]) -> Kind:
    """Return the only resource of a kind."""
    return next(resource for resource in resources if isinstance(resource, kind))
