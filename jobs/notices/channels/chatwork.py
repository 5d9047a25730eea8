"""Chatwork: a message in a room, as the person whose API token it is.

Source: developer.chatwork.com, "エンドポイントについて" (https alone, header `x-chatworktoken`,
bodies as `application/x-www-form-urlencoded`), "POST /rooms/{room_id}/messages" (`body`,
`self_unread`; the answer holds `message_id`) and "メッセージ記法" (tags in square brackets).
"""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from jobs.notices.channels.base import Answer, Request
from jobs.notices.message import Message

API = "https://api.chatwork.com/v2"
#: Ours: the API names no limit, and refuses what is far longer.
LONGEST = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatwork:
    """Posts into one room."""

    token: str = field(repr=False)
    room: str
    api: str = API

    def request(self, message: Message) -> Request:
        """A framed message with the title above."""
        title, text = _plain(message.title), _plain(message.shortened(LONGEST))
        body = f"[info][title]{title}[/title]{text}[/info]"
        return Request(
            url=f"{self.api}/rooms/{self.room}/messages",
            headers={
                "x-chatworktoken": self.token,
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode({"body": body, "self_unread": "1"}).encode(),
        )

    def took(self, answer: Answer, /) -> bool:
        """Where it names the message."""
        return "message_id" in answer.text


def _plain(text: str) -> str:
    """No name becomes a tag: one could call people, or end the frame."""
    return text.replace("[", "［").replace("]", "］")
