"""What one Hot Profile holds, and how it changes: companies, departments, people.

Every change moves `updated_at` of what it touches; a department's does not exist, as leads show its
name but do not change with it.
"""

import bisect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

JAPAN = ZoneInfo("Asia/Tokyo")

#: The API key of the demo.
DEMO_KEY = "demo-api-key"

Values = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Department:
    """One node of a company's tree."""

    client_id: int
    name: str
    parent_id: int | None = None


@dataclass(slots=True, kw_only=True)
class Entry:
    """One company or lead: what was typed in, and when."""

    values: Values
    created_at: datetime
    updated_at: datetime


class Entries:
    """Companies or leads by id, in the order of their ids."""

    def __init__(self) -> None:
        self.by_id: dict[int, Entry] = {}
        self._ids: list[int] = []

    def put(self, number: int, entry: Entry) -> None:
        """Add it, or put it in another's place."""
        if number not in self.by_id:
            bisect.insort(self._ids, number)
        self.by_id[number] = entry

    def remove(self, number: int) -> None:
        """It was never there."""
        del self.by_id[number]
        self._ids.pop(bisect.bisect_left(self._ids, number))

    def between(self, first: int, last: int | None = None) -> list[int]:
        """The ids from `first` to `last`, both included."""
        end = len(self._ids) if last is None else bisect.bisect_right(self._ids, last)
        return self._ids[bisect.bisect_left(self._ids, first) : end]

    @property
    def next_id(self) -> int:
        """An id that nobody had."""
        return self._ids[-1] + 1 if self._ids else 1


def _now() -> datetime:
    return datetime.now(JAPAN)


@dataclass(slots=True, kw_only=True)
class Tenant:
    """One Hot Profile with its API key; `limit` calls are answered in any minute."""

    api_key: str = DEMO_KEY
    limit: int = 100
    now: Callable[[], datetime] = _now
    companies: Entries = field(default_factory=Entries)
    leads: Entries = field(default_factory=Entries)
    departments: dict[int, Department] = field(default_factory=dict)
    became: dict[int, int] = field(default_factory=dict)
    """Company that was merged → the one that stayed."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def entries(self, listing: str) -> Entries:
        """`clients` or `leads`."""
        return {"clients": self.companies, "leads": self.leads}[listing]

    def add(
        self, listing: str, values: Values, *, number: int | None = None, at: datetime | None = None
    ) -> int:
        """The id of a new company or lead."""
        with self.lock:
            entries = self.entries(listing)
            number = number or entries.next_id
            moment = self._moment(at)
            entries.put(number, Entry(values=values, created_at=moment, updated_at=moment))
            return number

    def change(
        self, listing: str, number: int, values: Mapping[str, Any], *, at: datetime | None = None
    ) -> None:
        """Somebody edits it."""
        with self.lock:
            entry = self.entries(listing).by_id[number]
            entry.values.update(values)
            entry.updated_at = self._moment(at)

    def remove(self, listing: str, number: int) -> None:
        """Somebody deletes it; a company's leads with it."""
        with self.lock:
            self.entries(listing).remove(number)
            if listing == "clients":
                for lead in self._leads_of(number):
                    self.leads.remove(lead)

    def merge(self, number: int, *, into: int) -> None:
        """名寄せ: the company becomes another one, to which its leads go."""
        with self.lock:
            for lead in self._leads_of(number):
                self.change("leads", lead, {"client_id": into})
            for department in self.departments.values():
                if department.client_id == number:
                    department.client_id = into
            self.companies.remove(number)
            self.became[number] = into

    def add_department(self, client_id: int, name: str, *, parent: int | None = None) -> int:
        """The id of a new department."""
        with self.lock:
            number = len(self.departments) + 1
            self.departments[number] = Department(client_id=client_id, name=name, parent_id=parent)
            return number

    def hierarchy(self, number: int | None) -> list[str]:
        """The names from the root to that department; [] for none."""
        names: list[str] = []
        while number is not None:
            department = self.departments[number]
            names.insert(0, department.name)
            number = department.parent_id
        return names

    def _leads_of(self, client_id: int) -> list[int]:
        leads = self.leads.by_id.items()
        return [number for number, lead in leads if lead.values["client_id"] == client_id]

    def _moment(self, at: datetime | None) -> datetime:
        return (at or self.now()).astimezone(JAPAN).replace(microsecond=0)


def start_of(days: int = 30) -> datetime:
    """A moment so many days ago, to the hour."""
    return _now().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
