"""Report: what the smoke test saw, as a file for a bug report, without account and secrets."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version

from .table import Table

KEY_ID = re.compile(r"\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}")
PRINCIPAL = re.compile(r"(:(?:user|assumed-role|federated-user)/)[^\s\"',;]+")
SIGNATURE = re.compile(r"(?i)(x-amz-(?:signature|security-token|credential)=)[^\s&\"']+")
LIBRARIES = ("dataflowxpress", "boto3", "botocore")


def report(table: Table, region: str, cost: str, details: Iterable[str]) -> Iterator[str]:
    """Yield the lines of the report in Markdown, not masked yet."""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield from ("# Smoke test", "", f"Region {region}; {versions}; {_system()}; {cost}.", "")
    yield from ("```", *table.text(), "```")
    if failed := table.failed:
        yield from ("", f"## Failed: {failed.hop}", "", "```", failed.error, "```")
    yield from ("", "## Calls", "", "```")
    yield from (
        f"{count:5} {service}:{call}" for (service, call), count in table.calls.most_common()
    )
    yield "```"
    yield from ("", "## In AWS, before the deletion", "", "```", *details, "```")


def masked(text: str, account: str, own: str) -> str:
    """Mask the account, keys and principals; roles whose names contain *own* stay readable."""

    def principal(found: re.Match[str]) -> str:
        return found.group() if own in found.group() else f"{found.group(1)}MASKED"

    text = PRINCIPAL.sub(principal, text)
    text = KEY_ID.sub(r"\1MASKED", text)
    text = SIGNATURE.sub(r"\1MASKED", text)
    return text.replace(account, "ACCOUNT")


def _system() -> str:
    return f"Python {platform.python_version()}, {platform.system()}"
