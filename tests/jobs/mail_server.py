"""A mail server that runs in a thread and keeps what it is given."""

import socket
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from email.message import EmailMessage


class MailServer:
    """An SMTP server that keeps what it is given, and refuses what it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.controller = Controller(self, hostname="127.0.0.1", port=_free_port())

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]).strip() for mail in self.mails]

    def text(self) -> str:
        """The plain text of the only mail."""
        return self._body("plain")

    def html(self) -> str:
        """The HTML of the only mail."""
        return self._body("html")

    def _body(self, kind: str) -> str:
        (mail,) = self.mails
        body = mail.get_body((kind,))
        assert body
        return str(body.get_content())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
