"""What goes into the client and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

#: One company or lead as Hot Profile describes it; `integrations.hotprofile.reading` made sure that
#: its `id` is a number.
Record: TypeAlias = Mapping[str, Any]


class Listing(StrEnum):
    """What can be listed: the word in the address, and the name of the list in the answer."""

    COMPANIES = "clients"
    LEADS = "leads"

    @property
    def largest_page(self) -> int:
        """How many records one answer can hold.

        Source: apiDefinition.swagger.json, `page[display_number]`: companies 1 to 1000, leads "up
        to 100".
        """
        return {Listing.COMPANIES: 1000, Listing.LEADS: 100}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records in the order of their ids, and what is known of the rest."""

    records: tuple[Record, ...]
    remaining: int
    """How many records match from the page's `from_id` on, those of the page included."""
    at: datetime | None
    """What time it is at Hot Profile, if the answer says so."""

    @property
    def is_last(self) -> bool:
        """Whether nothing that matches comes after it."""
        return self.remaining <= len(self.records)

    @property
    def next_id(self) -> int:
        """Where the next page begins; 0 where there are no records."""
        return int(self.records[-1]["id"]) + 1 if self.records else 0
