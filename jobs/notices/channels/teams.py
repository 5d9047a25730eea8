"""Microsoft Teams: a workflow that waits for a webhook request and posts its adaptive card.

Source: MicrosoftDocs/msteams-docs, "Sending messages to connectors and webhooks" (a `message` whose
`attachments` hold cards; `Action.OpenUrl` is supported; an answer of 200 whose body tells of 429)
and "Create an Incoming Webhook" (28 KB at most).
"""

from dataclasses import dataclass, field

import orjson

from jobs.notices.channels.base import JSON, Answer, Request
from jobs.notices.message import Message

#: So that a card of Japanese text, three bytes a character, stays below 28 KB with what is around.
LONGEST = 3000
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """Posts where the workflow says."""

    url: str = field(repr=False)

    def request(self, message: Message) -> Request:
        """An adaptive card: title, a block for each line, a button that opens the page."""
        title = _plain(message.title[:LONGEST_TITLE])
        heading = _block(title) | {"weight": "Bolder", "size": "Medium"}
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.2",
            "body": [heading, *_blocks(message.shortened(LONGEST))],
            "actions": [
                {"type": "Action.OpenUrl", "title": message.link_text, "url": message.link}
            ],
        }
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": card,
        }
        body = {"type": "message", "attachments": [attachment]}
        return Request(url=self.url, headers=JSON, body=orjson.dumps(body))

    def took(self, answer: Answer, /) -> bool:
        """Not where the answer tells of an error of Teams itself."""
        return "returned HTTP error" not in answer.text


def _blocks(text: str) -> list[dict[str, object]]:
    """Line by line, since a card runs lines together; what follows a blank line stands apart."""
    blocks: list[dict[str, object]] = []
    apart = True
    for line in text.splitlines():
        if line.strip():
            spacing = "Medium" if apart else "None"
            blocks.append(_block(_plain(line)) | {"spacing": spacing})
        apart = not line.strip()
    return blocks


def _block(text: str) -> dict[str, object]:
    return {"type": "TextBlock", "text": text, "wrap": True}


def _plain(text: str) -> str:
    """A card reads Markdown: a name must not become a link that leads elsewhere."""
    return text.replace("](", "] (")
