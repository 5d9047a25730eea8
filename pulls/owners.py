"""Whose companies and leads they are: their 営業担当者 are our members.

We know members by e-mail. Hot Profile says a code and a name: an address for a code is the member
(a new one if need be); else one whose kintone login is that code, else the only one of that name.
An owner who is none of these is given as soon as there is one, without reading anything anew.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count

from common.types import RecordType
from crm.models import Member
from crm.writing import IncomingRow, upsert
from pulls.models import Arrival

#: So many rows are given their owner at once.
_AT_ONCE: Final = 500

Owner = tuple[str, str]
"""Code and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOwner:
    """Somebody who is none of our members, and how many rows are theirs."""

    code: str
    name: str
    count: int


class OwnerBook:
    """Who is meant by which code and name."""

    def __init__(self) -> None:
        self._by_login: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for name, email, login in Member.objects.values_list("name", "email", "login"):
            if login:
                self._by_login[login.casefold()].append(email)
            self._by_name[_plain(name)].append(email)

    def find(self, owner: Owner) -> str | None:
        """The e-mail of the member; None if nobody is it, or more than one could be."""
        code, name = owner
        if _is_email(code):
            return code.lower()
        for known in (self._by_login[code.casefold()] if code else (), self._by_name[_plain(name)]):
            if len(known) == 1:
                return known[0]
        return None

    def row(self, owner: Owner | None) -> tuple[IncomingRow, bool]:
        """What to write for that owner, and whether nobody of ours is it."""
        if owner is None:
            return {}, False
        if not any(owner):
            return {"owner.email": ""}, False
        email = self.find(owner)
        if email is None:
            return {"owner.email": ""}, True
        # Who is new gets the name; who is known keeps the name that we have.
        return {"owner.email": email, "owner.name": owner[1] or email}, False


def give_late(book: OwnerBook) -> int:
    """Give rows the owner whom nobody knew when they came; how many got theirs."""
    given = 0
    unknown = Arrival.objects.filter(owner_unknown=True)
    for code, name in unknown.values_list("owner_code", "owner_name").distinct():
        row, is_unknown = book.row((code, name))
        if not is_unknown:
            given += _give(unknown.filter(owner_code=code, owner_name=name), row)
    return given


def unknown_owners(*, most: int) -> list[UnknownOwner]:
    """Owners whom we do not know, at most so many, those with the most rows first."""
    unknown = Arrival.objects.filter(owner_unknown=True)
    counted = unknown.values("owner_code", "owner_name").annotate(count=Count("id"))
    return [
        UnknownOwner(code=one["owner_code"], name=one["owner_name"], count=one["count"])
        for one in counted.order_by("-count", "owner_name", "owner_code")[:most]
    ]


def _give(arrivals: Iterable[Arrival], owner: IncomingRow) -> int:
    by_type: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        by_type[arrival.record_type].append(arrival)
    for record_type, ones in by_type.items():
        for start in range(0, len(ones), _AT_ONCE):
            part = ones[start : start + _AT_ONCE]
            rows = [{"external_id": one.external_id, **owner} for one in part]
            upsert(RecordType(record_type), rows)
            Arrival.objects.filter(pk__in=[one.pk for one in part]).update(owner_unknown=False)
    return sum(map(len, by_type.values()))


def _is_email(code: str) -> bool:
    try:
        validate_email(code)
    except ValidationError:
        return False
    return len(code) <= 200


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
