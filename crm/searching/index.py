"""The indexes over pairs of characters: GIN on PostgreSQL, FTS5 on SQLite; made after migrating.

Both hang on the table's column `pairs` by themselves: whoever writes the table keeps them true.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import CommandError
from django.db import OperationalError, connections
from django.utils.translation import gettext as _

from crm.models import CompanySearch, DepartmentSearch, LeadSearch

TABLES: Final = tuple(
    model._meta.db_table for model in (CompanySearch, DepartmentSearch, LeadSearch)
)
#: How PostgreSQL reads the column; a question must put it in the same words.
VECTOR: Final = "array_to_tsvector(string_to_array(pairs, ' '))"

#: Every character but the blank is part of a pair. (Texts hold no quotes, see `texts`.)
_CHARACTERS: Final = "!#$%&()*+,-./:;<=>?@[\\]^_`{|}~"


def prepare(*, using: str, **_migrated: Any) -> None:
    """Make the indexes that are not there yet.

    Raises:
        CommandError: the database cannot have them.
    """
    if not tables_exist(using):
        return
    connection = connections[using]
    statements = _for_postgresql if connection.vendor == "postgresql" else _for_sqlite
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in statements(table):
                _execute(cursor, statement)


def tables_exist(using: str) -> bool:
    """Whether the database is migrated so far."""
    return set(TABLES) <= set(connections[using].introspection.table_names())


def fts_of(table: str) -> str:
    """The name of the index of that table on SQLite."""
    return f"{table}_pairs"


def _execute(cursor: Any, statement: str) -> None:
    try:
        cursor.execute(statement)
    except OperationalError as error:
        if "fts5" not in str(error):
            raise
        raise CommandError(
            _(
                "このPythonのSQLiteには、検索に必要なFTS5がありません。"
                "FTS5のあるSQLiteを使用してください。"
            )
        ) from error


def _for_postgresql(table: str) -> Iterator[str]:
    yield f"CREATE INDEX IF NOT EXISTS {table}_pairs ON {table} USING gin ({VECTOR})"


def _for_sqlite(table: str) -> Iterator[str]:
    index = fts_of(table)
    yield (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING fts5(pairs, content='{table}',"
        f" content_rowid='row_id', detail=none, columnsize=0,"
        f" tokenize=\"ascii tokenchars '{_CHARACTERS}'\")"
    )
    take = f"INSERT INTO {index}({index}, rowid, pairs) VALUES ('delete', old.row_id, old.pairs);"  # noqa: S608
    give = f"INSERT INTO {index}(rowid, pairs) VALUES (new.row_id, new.pairs);"  # noqa: S608
    changed = "UPDATE OF pairs"
    for name, event, work in (
        ("insert", "INSERT", give),
        ("delete", "DELETE", take),
        ("update", changed, take + give),
    ):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {index}_{name} AFTER {event} ON {table} BEGIN {work} END"
        )
