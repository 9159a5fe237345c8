"""Grant: an allowing statement of a role's policy, with the resources that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dataflowxpress.planning.resource import Resource

from .policy import Statement


class Part(NamedTuple):
    """The ARN of a resource of the pipeline, or of something in it."""

    of: Resource
    arn: str


def part(of: Resource, suffix: str = "") -> Part:
    """Return the part of a resource whose ARN ends in *suffix*; by default the whole."""
    return Part(of, f"{of.arn}{suffix}")


@dataclass(frozen=True)
class Grant:
    """The actions that a role can take on parts of the pipeline's resources, or on other ARNs."""

    actions: tuple[str, ...]
    on: tuple[Part | str, ...]
    condition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def statement(self) -> Statement:
        """The statement in the form of IAM."""
        condition = {"Condition": self.condition} if self.condition else {}
        actions = {"Effect": "Allow", "Action": list(self.actions)}
        return {**actions, "Resource": list(self.arns), **condition}

    @property
    def arns(self) -> Iterator[str]:
        """The ARNs that the statement names."""
        return (each.arn if isinstance(each, Part) else each for each in self.on)

    @property
    def names(self) -> Iterator[Resource]:
        """The resources of the pipeline that the statement names."""
        return (each.of for each in self.on if isinstance(each, Part))

    def arns_of(self, resource: Resource) -> Iterator[str]:
        """Yield the ARNs that name *resource*."""
        return (each.arn for each in self.on if isinstance(each, Part) and each.of == resource)


def without(statement: Statement, is_named: Callable[[str], bool]) -> Grant | None:
    """Return the grant of *statement*, in normal form, without the ARNs that *is_named* selects.

    Return None if nothing remains. A statement of another form is dropped: its reach is unknown.
    """
    if not {"Effect", "Action", "Resource"} <= statement.keys() <= _ALLOWING:
        return None
    if statement["Effect"] != "Allow":
        return None
    arns = tuple(arn for arn in statement["Resource"] if not is_named(arn))
    return Grant(tuple(statement["Action"]), arns, statement.get("Condition", {})) if arns else None


_ALLOWING = {"Effect", "Action", "Resource", "Condition"}
