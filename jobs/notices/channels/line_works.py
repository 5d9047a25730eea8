"""LINE WORKS: its app "Incoming Webhook", which posts into a talk room.

Source: developers.worksmobile.com/jp/docs/webhook (an address for each room; texts alone, no rich
messages). JSON with `title` and `body.text`, and the answer with `code` and `description`, are as
public programs send and read them; the button that they know too is left out.
"""

from dataclasses import dataclass, field

import orjson

from jobs.notices.channels.base import JSON, Answer, Request
from jobs.notices.message import Message

#: Ours, on the safe side.
LONGEST = 1000
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWorks:
    """Posts into the talk room that the webhook was made for."""

    url: str = field(repr=False)

    def request(self, message: Message) -> Request:
        """JSON with title and text."""
        text = message.shortened(LONGEST)
        body = {"title": message.title[:LONGEST_TITLE], "body": {"text": text}}
        return Request(url=self.url, headers=JSON, body=orjson.dumps(body))

    def took(self, answer: Answer, /) -> bool:
        """Not where the body names another code than 200."""
        try:
            said = orjson.loads(answer.text)
        except orjson.JSONDecodeError:
            return True
        code = said.get("code", 200) if isinstance(said, dict) else 200
        return str(code) == "200"
