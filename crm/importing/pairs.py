"""Pairs of old and new IDs, read from a CSV with the columns 会社ID and 新会社ID."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.types import RecordType
from common.wording import listed
from crm.importing.columns import fold_heading
from crm.importing.encoding import CsvError
from crm.importing.reader import open_csv

#: What the two columns are called, in Japanese and in English.
_HEADINGS: Final[Mapping[RecordType, tuple[tuple[str, str], tuple[str, str]]]] = {
    RecordType.COMPANY: (("会社ID", "新会社ID"), ("Company ID", "New company ID")),
    RecordType.DEPARTMENT: (("部署ID", "新部署ID"), ("Department ID", "New department ID")),
    RecordType.LEAD: (("リードID", "新リードID"), ("Lead ID", "New lead ID")),
}
_FOR_ALL: Final = (
    ("外部ID", "新外部ID"),
    ("旧ID", "新ID"),
    ("old_id", "new_id"),
    ("external_id", "new_external_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLine:
    """One line of the file: two IDs, or the reason why it cannot be read."""

    line: int
    old: str = ""
    new: str = ""
    reason: str = ""


def headings(record_type: RecordType) -> tuple[str, str]:
    """What the two columns are usually called, in the reader's language."""
    japanese, english = _HEADINGS[record_type]
    return japanese if (get_language() or "ja").startswith("ja") else english


def read_pairs(record_type: RecordType, file: BinaryIO) -> list[PairLine]:
    """The pairs of a CSV, in its order; lines without a new ID, or with the old one, are left out.

    Raises:
        CsvError: it cannot be read, or lacks one of the two columns.
    """
    table = open_csv(file)
    old, new = _columns(record_type, table.headings)
    pairs = []
    for line in table.lines():
        if line.reason:
            pairs.append(PairLine(line=line.line, reason=line.reason))
            continue
        pair = PairLine(line=line.line, old=line.cells[old].strip(), new=line.cells[new].strip())
        if pair.new and pair.new != pair.old:
            pairs.append(pair)
    return pairs


def _columns(record_type: RecordType, found: Sequence[str]) -> tuple[int, int]:
    folded = [fold_heading(heading) for heading in found]
    for old, new in (*_HEADINGS[record_type], *_FOR_ALL):
        if folded.count(fold_heading(old)) == folded.count(fold_heading(new)) == 1:
            return folded.index(fold_heading(old)), folded.index(fold_heading(new))
    old, new = headings(record_type)
    raise CsvError(
        _("「%(old)s」と「%(new)s」の列が1つずつ必要です。ファイルの見出し：%(headings)s")
        % {"old": old, "new": new, "headings": listed(found)},
        line=1,
    )
