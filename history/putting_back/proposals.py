"""What putting something back would do, to be looked at before it is done."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Entry
from history.diffs import differences
from history.words import Row, Words


class CannotPutBackError(Exception):
    """It cannot be put back; `str()` says why and what to do instead. Nothing was changed."""


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What would be different, as a person sees it."""

    rows: list[Row]
    """Now → afterwards."""
    carry_out: Callable[[], object]
    """Does it. Raises `CannotPutBackError`."""
    notes: list[str] = field(default_factory=list)
    """What else a person should know."""
    left: list[str] = field(default_factory=list)
    """What of the entry stays as it is now, and why."""

    @property
    def stamp(self) -> str:
        """Another one as soon as something else would come of it."""
        said = json.dumps([[row.label, row.before, row.after] for row in self.rows])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def gone() -> CannotPutBackError:
    """What it was about is not there any more."""
    return CannotPutBackError(_("対象はすでに削除されています。"))


def already() -> CannotPutBackError:
    """There is nothing to do."""
    return CannotPutBackError(_("すでに元の設定です。変更するものはありません。"))


def proposal(
    entry: Entry,
    present: Mapping[str, Any],
    target: Mapping[str, Any],
    carry_out: Callable[[], object],
    *,
    notes: list[str] | None = None,
    left: list[str] | None = None,
) -> Proposal:
    """From one document to another.

    Raises:
        CannotPutBackError: they say the same.
    """
    rows = Words(entry).rows_of(differences(present, target))
    if not rows:
        raise CannotPutBackError(left[0]) if left else already()
    return Proposal(rows=rows, carry_out=carry_out, notes=notes or [], left=left or [])


def former_of(entry: Entry, present: Mapping[str, Any]) -> dict[str, Any]:
    """What is there now, with what the entry changed as it was."""
    changed = {one.path[0]: one.before for one in differences(entry.before, entry.after)}
    return {**present, **changed}
