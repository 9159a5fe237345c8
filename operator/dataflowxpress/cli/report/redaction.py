"""Redaction: removes secrets from texts and documents. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dataflowxpress.planning.diff import HIDDEN

SHORTEST = 5  # characters of a value that is replaced wherever it occurs
ANNOTATIONS = "dataflowxpress.io/"  # annotations of other programs can hold anything
NAME = r"[\w.-]*(?:secret|passw(?:or)?d|token|api[_-]?key|access[_-]?key|credential|auth)[\w.-]*"
QUOTED = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&"']+)"""
PATTERNS = [
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", HIDDEN),
    (r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}", HIDDEN),
    (r"\beyJ[\w-]+\.[\w-]+\.[\w-]*", HIDDEN),  # a JSON web token
    (r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}", rf"\1 {HIDDEN}"),
    (r"(?i)(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s\"']+", rf"\1{HIDDEN}"),
    (r"(\w://)[^/\s:@]+:[^/\s@]+@", rf"\1{HIDDEN}@"),
    (r"([\w.+-])[\w.+-]*@([\w-]+\.)", r"\1***@\2"),  # an email address
    (rf"""(?i)({NAME}["']?\s*[:=]\s*){QUOTED}""", rf"\1{HIDDEN}"),
    # The arguments of a job and the variables of a function, in a line of a plan.
    (r"((?:DefaultArguments|Environment)\S*): [^\n]*", rf"\1: {HIDDEN}"),
]


class Redactor:
    """Hides the given secrets, and all that looks like a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None
        self._patterns = [(re.compile(each, re.DOTALL), to) for each, to in PATTERNS]

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern, replacement in self._patterns:
            text = pattern.sub(replacement, text)
        return text

    def value(self, value: Any) -> Any:
        """Return a document without secrets; the names of its fields stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {name: self._field(name, each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value

    def _field(self, name: str, value: Any) -> Any:
        is_secret = isinstance(value, str) and re.fullmatch(f"(?i){NAME}", str(name))
        return HIDDEN if is_secret else self.value(value)


def secrets_of(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values in a spec that can be secrets: the arguments of the job."""
    arguments = (spec.get("job") or {}).get("arguments") or {}
    yield from map(str, arguments.values())


def without_private(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline without an inline script, arguments, and annotations of other programs."""
    metadata = {**body.get("metadata", {})}
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {
        name: value if name.startswith(ANNOTATIONS) else HIDDEN
        for name, value in annotations.items()
    }
    spec = {**(body.get("spec") or {})}
    if isinstance(job := spec.get("job"), Mapping):
        spec["job"] = _without_script(job)
    return {**body, "metadata": metadata, "spec": spec}


def _without_script(job: Mapping[str, Any]) -> dict[str, Any]:
    job = {**job}
    if arguments := job.get("arguments"):
        job["arguments"] = dict.fromkeys(arguments, HIDDEN)
    script = job.get("script")
    if isinstance(script, Mapping) and "inline" in script:
        job["script"] = {**script, "inline": HIDDEN}
    return job


def plan_without_private(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan without the arguments of the job and the variables of functions."""
    steps = [
        {**step, "changes": [_without_values(change) for change in step["changes"]]}
        for step in plan["steps"]
    ]
    return {**plan, "steps": steps}


def _without_values(change: Mapping[str, Any]) -> Mapping[str, Any]:
    if {"DefaultArguments", "Environment"} & set(map(str, change["path"])):
        return {**change, "old": HIDDEN, "new": HIDDEN}
    return change
