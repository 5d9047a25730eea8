"""Asking the indexes which rows hold all of some words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import StrIndex

from common.types import RecordType
from crm.models import CompanySearch, DepartmentSearch, LeadSearch
from crm.searching.index import VECTOR, fts_of
from crm.searching.texts import pairs_of_words

SEARCHES: Final[dict[RecordType, Any]] = {
    RecordType.COMPANY: CompanySearch,
    RecordType.DEPARTMENT: DepartmentSearch,
    RecordType.LEAD: LeadSearch,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The rows that hold the words: their ids, or that there are more than was asked for."""

    ids: Sequence[int]
    more: bool
    lowest: int
    """No row with a lower id holds them."""


def matches(record_type: RecordType, words: Sequence[str], *, most: int) -> Matches:
    """The ids of the rows that hold every one of `words` (`texts.words_of`, at least one)."""
    table = SEARCHES[record_type]._meta.db_table
    if connection.vendor == "postgresql":
        ids = _postgresql(table, words, most + 1)
        return Matches(ids=ids[:most], more=len(ids) > most, lowest=0)
    ids = _sqlite(table, words, most + 1)  # FTS5 finds by rising id
    return Matches(ids=ids[:most], more=len(ids) > most, lowest=ids[0] if ids else 0)


def holding(rows: QuerySet[Any], words: Sequence[str]) -> QuerySet[Any]:
    """Those of the rows that hold every one of `words`, by looking at each: for few rows, or where
    nearly every row does."""
    for number, word in enumerate(words):
        place = {f"place_{number}": StrIndex("search__text", Value(word))}
        rows = rows.alias(**place).filter(**{f"place_{number}__gt": 0})
    return rows


def _postgresql(table: str, words: Sequence[str], most: int) -> list[int]:
    whole, starts = pairs_of_words(words)
    wanted = [*map(_lexeme, whole), *(f"{_lexeme(start)}:*" for start in starts)]
    conditions = " AND strpos(text, %s) > 0" * len(words)
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner takes the pairs of two words for independent, and then walks along the primary
        # key for rows that are not there; what is to be read is the index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute(
            f"SELECT row_id FROM {table} WHERE {VECTOR} @@ %s::tsquery{conditions} LIMIT %s",  # noqa: S608
            [" & ".join(wanted), *words, most],
        )
        return [row[0] for row in cursor.fetchall()]


def _sqlite(table: str, words: Sequence[str], most: int) -> list[int]:
    whole, starts = pairs_of_words(words)
    wanted = [*(f'"{pair}"' for pair in whole), *(f'"{start}" *' for start in starts)]
    conditions = " AND instr(text, %s) > 0" * len(words)
    index = fts_of(table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT row_id FROM {index} JOIN {table} ON row_id = {index}.rowid"  # noqa: S608
            f" WHERE {index} MATCH %s{conditions} LIMIT %s",
            [" AND ".join(wanted), *words, most],
        )
        return [row[0] for row in cursor.fetchall()]


def _lexeme(pair: str) -> str:
    return "'" + pair.replace("\\", "\\\\") + "'"
