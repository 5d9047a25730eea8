"""What is sent, in words that are ready; the same for mail and for every channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notice, or several as one."""

    id: str
    """The same however often it is sent again; without a full stop."""
    event: str
    """`alert.began`, `alert.ended`, `alert.summary` or `alert.test`."""
    at: datetime
    """When what it tells of happened."""
    title: str
    text: str
    """Plain, several lines, with the addresses of the pages to go to."""
    link: str
    link_text: str
    notices: Sequence[Mapping[str, object]]
    """Each of them by its parts, for programs."""

    def shortened(self, longest: int) -> str:
        """The text, of at most so many characters: cut in the middle of the matter, never its link.

        >>> message.shortened(1000)
        """
        if len(self.text) <= longest:
            return self.text
        end = f"…\n{self.link_text}:\n{self.link}"
        return self.text[: max(0, longest - len(end))].rstrip() + end
