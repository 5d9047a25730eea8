"""kintone's refusals, named by what to do about them (design.md §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.kintone.exchange import Exchange


class ConfigReason(StrEnum):
    """What a person must change."""

    SUBDOMAIN = "subdomain"  # no kintone answers there
    LOGIN = "login"  # login name, password or token refused
    TWO_FACTOR = "two_factor"  # the user has two-factor authentication: use an API token
    TOKEN = "token"  # noqa: S105 — a name, not a secret
    PERMISSION = "permission"  # this login may not do this
    APP = "app"  # no app of this id, or in another space
    GUEST_SPACE = "guest_space"  # an app in a guest space, called without it
    IP_ADDRESS = "ip_address"  # kintone's IP address restriction blocks us
    BASIC_AUTH = "basic_auth"
    CERTIFICATE = "certificate"  # client certificate missing or refused
    UPDATE_KEY = "update_key"  # the key field is gone or no longer forbids duplicates
    LOOKUP_SOURCE = "lookup_source"  # a lookup's source key field is not unique
    FIELD = "field"  # a field may not be written by this login


class KintoneError(Exception):
    """Anything but the answer that was asked for.

    `str()` is for the log and holds neither a credential nor a record's values: method, path,
    status, code and kintone's error id.
    """

    def __init__(
        self,
        summary: str,
        *,
        status: int | None = None,
        code: str = "",
        error_id: str = "",
        message: str = "",
        may_have_written: bool = False,
        part: int | None = None,
    ) -> None:
        super().__init__(summary)
        self.status = status
        self.code = code
        self.error_id = error_id
        self.message = message
        """kintone's own words; may quote a record's value, so not for the log."""
        self.may_have_written = may_have_written
        """Whether kintone may have carried out the request, or an earlier attempt at it, all the
        same: an answer was lost on the way, not a refusal."""
        self.part = part
        """Which request inside a bulkRequest was refused, counted from 0; None if none is named."""
        self.exchange: Exchange | None = None
        """What went and what came, for the administrator; holds records' values."""


class KintoneConfigError(KintoneError):
    """A person must change something: stop the run, tell them."""

    def __init__(self, summary: str, *, reason: ConfigReason, **answer: object) -> None:
        super().__init__(summary, **answer)  # type: ignore[arg-type]  # KintoneError names them
        self.reason = reason


class KintoneTransientError(KintoneError):
    """Later may work; the retries inside the client are used up. Nothing is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRefusal:
    """One thing that kintone says is wrong with one record of a batch."""

    field: str
    """Field code, of a table's column `TABLE.COLUMN`; "" if kintone names none."""
    message: str


class KintoneRejection(KintoneError):  # noqa: N818 — a word of the design: refused, not failed
    """Records were refused and nothing of the request was written.

    `problems` maps the index of a record in the request (of a bulkRequest: in its `part`) to what
    is wrong with it; empty when kintone names no record (GAIA_LO04, an unknown code): then split
    the batch to find out.
    """

    def __init__(
        self,
        summary: str,
        *,
        problems: Mapping[int, tuple[FieldRefusal, ...]] | None = None,
        known: bool = True,
        **answer: object,
    ) -> None:
        super().__init__(summary, **answer)  # type: ignore[arg-type]  # KintoneError names them
        self.problems = dict(problems or {})
        self.known = known
        """Whether the code is one that we know to concern records; False: never seen before."""


class KintoneProtocolError(KintoneError):
    """Not the answer that kintone promises: our bug or a stranger in between; keep the evidence."""


class AllowanceSpentError(Exception):
    """The app's requests of today are used up; raised by the meter before anything is sent."""
