"""What goes wrong with Hot Profile, named by what to do about it."""

from enum import StrEnum


class ConfigReason(StrEnum):
    """What a person must change."""

    HOST = "host"  # no Hot Profile answers there
    KEY = "key"  # the API key is refused
    IP_ADDRESS = "ip_address"  # an address restriction keeps us out
    CERTIFICATE = "certificate"  # its certificate is none that we trust


class HotProfileError(Exception):
    """Anything but the answer that was asked for.

    `str()` is for the log: path, status, what kind of answer it was; never the API key, never a
    customer's data.
    """

    def __init__(self, summary: str, *, status: int | None = None, message: str = "") -> None:
        super().__init__(summary)
        self.status = status
        self.message = message
        """Hot Profile's own words, for the page; not for the log."""


class HotProfileConfigError(HotProfileError):
    """A person must change something: stop the pull, tell them."""

    def __init__(
        self, summary: str, *, reason: ConfigReason, status: int | None = None, message: str = ""
    ) -> None:
        super().__init__(summary, status=status, message=message)
        self.reason = reason


class HotProfileTransientError(HotProfileError):
    """Later may work; the attempts inside the client are used up. Nothing is lost."""


class HotProfileProtocolError(HotProfileError):
    """Not the answer that the API promises: our bug, or a stranger in between."""
