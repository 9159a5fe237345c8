"""Postman: delivers the mails of SNS to a local mail server, in order.

The server stores all mails in the sandbox's Maildir; no mail leaves the machine.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import smtplib
import threading
from email.message import EmailMessage
from typing import TYPE_CHECKING

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

from . import HOST, mail

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("dataflowxpress.mail")

_SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"
_SECONDS = 10


class Postman:
    """Delivers mails in the background, so that publishers do not wait."""

    def __init__(self, directory: Path) -> None:
        self._box = Mailbox(mail.folder(directory))
        self._waiting: queue.SimpleQueue[EmailMessage] = queue.SimpleQueue()

    async def start(self) -> None:
        """Start the mail server in the running event loop, and the delivery."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self._box, loop=loop), HOST, 0)
        port = server.sockets[0].getsockname()[1]
        threading.Thread(target=self._deliver, args=(port,), name="postman", daemon=True).start()

    def post(self, to: str, subject: str, text: str) -> None:
        """Add a mail to the delivery queue."""
        message = EmailMessage()
        message["From"] = _SENDER
        message["To"] = to
        message["Subject"] = " ".join(subject.split())
        message.set_content(text)
        self._waiting.put(message)

    def _deliver(self, port: int) -> None:
        while message := self._waiting.get():
            try:
                with smtplib.SMTP(HOST, port, timeout=_SECONDS) as smtp:
                    smtp.send_message(message)
            except (OSError, smtplib.SMTPException):
                logger.exception("mail to %s", message["To"])
