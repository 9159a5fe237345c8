"""Mail: what people find in the sandbox's mailbox, and the link they click in it."""

from __future__ import annotations

import re
import time
import urllib.request
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_LINK = re.compile(r"http://127\.0\.0\.1:\S+Action=ConfirmSubscription\S+")
_SECONDS = 10.0  # that a mail may take; it takes none
_OK = 200


class Mail(NamedTuple):
    """One mail."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The link by which a subscription is confirmed, where this mail asks for that."""
        found = _LINK.search(self.text)
        return found.group() if found else ""


def folder(directory: Path) -> Path:
    """Return the Maildir of the sandbox in *directory*."""
    return directory / "mail"


def mails(directory: Path) -> list[Mail]:
    """Return the mails of the sandbox in *directory*, the oldest first."""
    files = sorted((folder(directory) / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
    return [_read(file.read_bytes()) for file in files]


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    return Mail(message["to"], message["subject"], message.get_content())


def confirm(directory: Path, reader: str = "") -> list[Mail]:
    """Click the links in all mails that ask for it; return those whose link was still of use.

    A *reader* is waited for: the mail may be on its way yet.
    """
    deadline = time.monotonic() + _SECONDS
    while True:
        asking = [mail for mail in mails(directory) if mail.link and reader in {"", mail.to}]
        if asking or not reader:
            return [mail for mail in asking if _click(mail.link)]
        if time.monotonic() > deadline:
            raise TimeoutError(f"no mail asked {reader} to confirm within {_SECONDS:g} s")
        time.sleep(0.05)


def _click(link: str) -> bool:
    """Open a link; one that was clicked before is refused."""
    try:
        with urllib.request.urlopen(link, timeout=_SECONDS) as answer:  # noqa: S310 - see _LINK
            return bool(answer.status == _OK)
    except urllib.error.HTTPError:
        return False
