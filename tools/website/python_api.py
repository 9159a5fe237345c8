"""Python API: a reference of the public names, and their surface as text for a test."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

import dataflowxpress
from tools.website.tables import table

INTRODUCTION = (
    "Generated from the code. `from dataflowxpress import NAME` imports each of these names; other"
    " modules are no public API. [Python](../python.md) has examples. The fields of the parts of a"
    " spec are those of the [manifest](fields.md) in snake_case."
)
_PRIVATE = {"planned"}  # a field for the engine


def surface() -> Iterator[str]:
    """Yield a line for each public name, parameter and field: what a version must keep."""
    for name in dataflowxpress.__all__:
        public = getattr(dataflowxpress, name)
        if inspect.isfunction(public):
            yield f"{name}{_signature(public)}"
            continue
        bases = ", ".join(base.__name__ for base in public.__bases__)
        yield f"class {name}({bases})"
        yield from (f"    {line}" for line in _members(public))


def sections() -> Iterator[str]:
    """Yield the Markdown of the functions, of the errors and of the classes."""
    public = {name: getattr(dataflowxpress, name) for name in dataflowxpress.__all__}
    functions = {name: each for name, each in public.items() if inspect.isfunction(each)}
    for name, function in functions.items():
        yield f"## {name}\n\n```text\n{name}{_signature(function)}\n```\n\n{_text(function)}"
    classes = {name: each for name, each in public.items() if name not in functions}
    errors = {name: each for name, each in classes.items() if issubclass(each, Exception)}
    yield "## Errors\n\n" + table(
        ["error", "base", "meaning"],
        ([f"`{n}`", f"`{each.__base__.__name__}`", _summary(each)] for n, each in errors.items()),
    )
    yield "## Classes\n\n" + table(
        ["class", "meaning"],
        ([f"`{n}`", _summary(each)] for n, each in classes.items() if n not in errors),
    )
    for name in ("DataPipeline", "Plan", "PlannedStep", "Change"):
        yield (
            f"## {name}\n\n{_text(classes[name])}\n\n```text\n"
            + "\n".join(_members(classes[name]))
            + "\n```"
        )


def _members(public: type) -> Iterator[str]:
    """Yield the fields, properties and methods that *public* itself declares."""
    yield from _fields(public)
    for name, member in vars(public).items():
        function = getattr(member, "__func__", member)
        if name.startswith(("_", "model_")):
            continue
        if isinstance(member, property):
            yield f"{name}: {_named(inspect.signature(_getter(member)).return_annotation)}"
        elif inspect.isfunction(function):
            yield f"{name}{_signature(function)}"


def _fields(public: type) -> Iterator[str]:
    """Yield the fields; of a part of the CRD, which is a reference by itself, the renamed ones."""
    if public is dataflowxpress.DataPipeline:
        yield from map(_field, public.model_fields, public.model_fields.values())
    elif issubclass(public, BaseModel):
        renamed = {n: each.alias for n, each in public.model_fields.items() if each.alias}
        yield from (f"{n}: for {alias}" for n, alias in renamed.items() if alias != to_camel(n))
    elif is_dataclass(public):
        types = public.__annotations__.items()
        yield from (f"{name}: {_named(kind)}" for name, kind in types if name not in _PRIVATE)


def _field(name: str, info: FieldInfo) -> str:
    kind = getattr(info.annotation, "__name__", str(info.annotation))
    if info.is_required():
        return f"{name}: {kind}"
    default = f"{kind}()" if isinstance(info.default, BaseModel) else repr(info.default)
    return f"{name}: {kind} = {default}"


def _getter(member: property) -> Callable[[Any], Any]:
    assert member.fget is not None  # noqa: S101 - a property without a getter is no public name
    return member.fget


def _signature(function: Any) -> str:
    return _named(str(inspect.signature(function)))


def _named(annotation: Any) -> str:
    """Return an annotation as the code has it, without quotes of deferred ones."""
    return re.sub(r"'([\w\[\]., |]+)'", r"\1", str(annotation))


def _summary(public: Any) -> str:
    return _text(public).split("\n\n")[0].replace("\n", " ")


def _text(public: Any) -> str:
    return re.sub(r"\*(\w+)\*", r"`\1`", inspect.getdoc(public) or "")


if __name__ == "__main__":
    print("\n".join(surface()))
