"""Mistakes: all errors of a spec at once, each with field, value and fix in words."""

from __future__ import annotations

import codecs
import copy
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .model import FIELDS_ONLY, SpecModel, ValidationRule

LONGEST_VALUE = 60  # characters of a value in a message
MOST_CHOICES, NAMED = 12, 5  # choices that a message lists in full, or names of a longer list
KEY = "[key]"  # by this pydantic marks an error in the key of a mapping
Path = tuple[int | str, ...]

# By pydantic's type of error: what is wrong with the value, and the fix.
WORDS = {
    "missing": "missing; add it",
    "string_type": "is not text; put it in quotes",
    "string_too_short": "has {length} characters; use at least {min_length}",
    "string_too_long": "has {length} characters; use at most {max_length}",
    "too_long": "has {actual_length} entries; use at most {max_length}",
    "greater_than_equal": "is too small; use {ge} or more",
    "less_than_equal": "is too large; use {le} or less",
    "int_type": "is not a whole number; use one without quotes and fraction, like 3",
    "bool_type": "is neither true nor false; use one of them",
    "literal_error": "is not one of the choices; use {expected}",
    "tuple_type": "is not a list; begin each entry with a dash",
    "dict_type": "is not a mapping; use one `key: value` a line",
    "model_type": "is not a mapping; use one `field: value` a line",
    "format": "{fault}; {fix}",
}

# How pydantic writes choices, and how messages do.
CHOICES = {"'\"'": "a double quote", '"\'"': "a single quote", "'": '"'}


def mistakes(model: type[SpecModel], data: Any, name: str = "spec") -> list[str]:
    """Return all mistakes in *data*; an empty list says that *model* accepts it.

    A rule across fields is checked if all the fields that it reads are without mistakes.
    """
    errors = _errors(model, data)
    found = [_text(model, each, name) for each in errors]
    sound, removed = copy.deepcopy(data), set[Path]()
    while errors:
        gone = set[Path]()
        for path in (each["loc"] for each in errors):
            if not any(path[: len(each)] == each for each in gone):
                gone.add(_remove(sound, path))  # in a later round, the part without the field
        if () in gone:  # the whole is not a mapping, or needs a field that has a mistake
            return found
        removed |= gone
        errors = _errors(model, sound)
    part = model.model_validate(sound, by_name=False, by_alias=True, context=FIELDS_ONLY)
    return found + [
        _rule_text(rule, path, sound, name)
        for rule, path in _broken(part, ())
        if not removed & _read(rule, path)
    ]


def _errors(model: type[SpecModel], data: Any) -> list[ErrorDetails]:
    try:
        model.model_validate(data, by_name=False, by_alias=True, context=FIELDS_ONLY)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _remove(data: Any, path: Path) -> Path:
    """Remove the innermost field of a mapping on *path*, and return its path; () for none."""
    parents = [data]
    for step in path:
        if not isinstance(parents[-1], dict) or step not in parents[-1]:
            break
        parents.append(parents[-1][step])
    where = path[: len(parents) - 1]
    if where:
        del parents[-2][where[-1]]
    return where


def _broken(part: SpecModel, path: Path) -> Iterator[tuple[ValidationRule, Path]]:
    """Yield each broken rule in *part* and the parts in it, with the path of its part."""
    for rule in part.broken_rules():
        yield rule, path
    for field, info in type(part).model_fields.items():
        value, where = getattr(part, field), (*path, str(info.alias))
        entries = enumerate(value) if isinstance(value, tuple) else ()
        parts = [(value, where), *((each, (*where, position)) for position, each in entries)]
        for inner, place in parts:
            if isinstance(inner, SpecModel):
                yield from _broken(inner, place)


def _read(rule: ValidationRule, path: Path) -> set[Path]:
    """Return the paths of the fields that a rule reads, and of the parts that hold them."""
    named = [(*path, *each.split(".")) for each in re.findall(r"self\.([\w.]+)", rule.cel)]
    return {each[: length + 1] for each in named for length in range(len(each))}


def _rule_text(rule: ValidationRule, path: Path, data: Any, name: str) -> str:
    where = (*path, *filter(None, rule.field.split(".")))
    for step in where:
        data = data[step] if isinstance(step, int) else data.get(step, {})
    subject = "" if isinstance(data, Mapping) else f"{_shown(data)} is invalid: "
    return f"{_joined(name, where)}: {subject}{rule.message}"


def _text(model: type[SpecModel], error: ErrorDetails, name: str) -> str:
    path, value = error["loc"], error["input"]
    part, field = _declared(model, path)
    if error["type"] == "extra_forbidden":
        return f"{_joined(name, path)}: unknown field; {_nearest(part, str(path[-1]))}"
    words = _words(error)
    if path and path[-1] == KEY:
        return f"{_joined(name, path[:-2])}: the key {_shown(value)} {words}"
    if error["type"] != "missing":
        secret = field is not None and not field.repr
        words = f"{'the value' if secret else _shown(value)} {words}"
    return f"{_joined(name, path)}: {words}"


def _words(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    text = WORDS.get(error["type"], "is invalid; compare it with `kubectl explain datapipelines`")
    length = len(value) if isinstance(value, str) else 0
    expected = _choices(str(context.get("expected", "")), value)
    for quoted, words in CHOICES.items():
        expected = expected.replace(quoted, words)
    return text.format(**{**context, "length": length, "expected": expected})


def _choices(expected: str, value: Any) -> str:
    """Return pydantic's list of choices; of a long one, those that are most like *value*."""
    choices = re.findall("'[^']+'", expected)
    if len(choices) <= MOST_CHOICES:
        return expected
    same = [each for each in choices if _codec(each.strip("'")) == _codec(str(value))]
    near = difflib.get_close_matches(f"'{value}'".lower(), choices, 3, 0.6)
    return f"for example {' or '.join(same or near or choices[:NAMED])}"


def _codec(name: str) -> str:
    """Return the codec with this name, one of several, or the name itself if there is none."""
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return name


def _declared(model: type[SpecModel], path: Path) -> tuple[type[SpecModel], FieldInfo | None]:
    """Return the innermost part of the spec on *path*, and the innermost field."""
    field = None
    for step in (each for each in path if isinstance(each, str)):  # not positions in lists
        fields = {info.alias: info for info in model.model_fields.values()}
        if step not in fields:
            break
        field = fields[step]
        inner = [
            each
            for each in (field.annotation, *get_args(field.annotation))
            if isinstance(each, type) and issubclass(each, SpecModel)
        ]
        if not inner:
            break
        model = inner[0]
    return model, field


def _nearest(part: type[SpecModel], name: str) -> str:
    known = [str(info.alias) for info in part.model_fields.values()]
    near = difflib.get_close_matches(name, known, 1, 0.5)
    return f"use {near[0]}" if near else f"remove it, or use one of {', '.join(known)}"


def _joined(name: str, path: Path) -> str:
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, skipkeys=True, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
