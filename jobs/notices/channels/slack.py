"""Slack's incoming webhooks, and what takes the same (Mattermost, Rocket.Chat).

Source: docs.slack.dev, "Sending messages using incoming webhooks" (JSON with `text`; 200 and `ok`),
"Formatting message text" (`&`, `<` and `>` are escaped), and api.slack.com's changelog of
2016-05-17 (400, 403, 404 and 410 with a word on what is wrong).
"""

from dataclasses import dataclass, field

import orjson

from jobs.notices.channels.base import JSON, Answer, Request
from jobs.notices.message import Message

#: Ours: Slack shows longer ones, but nobody reads them.
LONGEST = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """Posts into the conversation that the webhook was made for."""

    url: str = field(repr=False)

    def request(self, message: Message) -> Request:
        """JSON with the title in bold above the text."""
        text = f"*{_escaped(message.title)}*\n{_escaped(message.shortened(LONGEST))}"
        return Request(url=self.url, headers=JSON, body=orjson.dumps({"text": text}))

    def took(self, _answer: Answer, /) -> bool:
        """Always: what is compatible answers with bodies of its own."""
        return True


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
