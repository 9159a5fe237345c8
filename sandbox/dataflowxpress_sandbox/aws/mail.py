"""Mail: the sandbox's mailbox and the confirmation links in it."""

from __future__ import annotations

import re
import time
import urllib.request
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"http://127\.0\.0\.1:\S+Action=ConfirmSubscription\S+")
_SECONDS = 10.0  # timeout; a mail normally arrives at once
_OK = 200


class Mail(NamedTuple):
    """One mail."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The confirmation link of a subscription, or an empty string."""
        found = _LINK.search(self.text)
        return found.group() if found else ""


def folder(directory: Path) -> Path:
    """Return the Maildir of the sandbox in *directory*."""
    return directory / "mail"


def mails(directory: Path) -> list[Mail]:
    """Return the mails of the sandbox in *directory*, oldest first."""
    files = sorted((folder(directory) / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
    return [_read(file.read_bytes()) for file in files]


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    return Mail(message["to"], message["subject"], message.get_content())


def confirm(directory: Path, reader: str = "") -> list[Mail]:
    """Open the confirmation links in the mails; return the mails whose link was still valid.

    With a *reader*, confirm only the mails to this address, and wait for the first one.
    """
    deadline = time.monotonic() + _SECONDS
    while True:
        requests = [mail for mail in mails(directory) if mail.link and reader in {"", mail.to}]
        if requests or not reader:
            return [mail for mail in requests if _click(mail.link)]
        if time.monotonic() > deadline:
            raise TimeoutError(f"no confirmation mail to {reader} arrived within {_SECONDS:g} s")
        time.sleep(0.05)


def _click(link: str) -> bool:
    """Open a link and return whether it was valid; a link is valid once."""
    try:
        with urllib.request.urlopen(link, timeout=_SECONDS) as answer:  # noqa: S310 - see _LINK
            return bool(answer.status == _OK)
    except urllib.error.HTTPError:
        return False
