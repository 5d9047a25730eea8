"""Many rows written by one statement, at a few microseconds each.

Django's `bulk_create` and `bulk_update` spend most of a push's or an import's time on compiling
values. Here a column is a list: PostgreSQL takes it as an array, SQLite as parameters of one
prepared statement.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from types import MappingProxyType
from typing import Final, TypeAlias

from django.db import connection
from django.db.models import Field, JSONField, Model

from common.arrays import array_text

#: Attribute → one value for each row: numbers, texts, moments or None.
Columns: TypeAlias = Mapping[str, Sequence[object]]
#: Attribute → the value that all rows have; of any type.
Same: TypeAlias = Mapping[str, object]

NOTHING: Final[Same] = MappingProxyType({})


def insert(
    model: type[Model],
    columns: Columns,
    *,
    same: Same = NOTHING,
    unique: Sequence[str] = (),
    renew: Sequence[str] = (),
) -> None:
    """Insert rows; of one that is there already by `unique` only `renew` is written.

    Args:
        unique: Attributes of a unique constraint; without any, a row that is there is an error.
        renew: Attributes among `columns`.
    """
    table = _Table(model)
    into = f"INSERT INTO {table} ({', '.join(table.names([*columns, *same]))})"
    conflict = table.conflict(unique, renew) if unique else ""
    if connection.vendor == "postgresql":
        given = [f"given.{name}" for name in table.names(columns)]
        selected = ", ".join([*given, *table.marks(same)])
        _execute(
            f"{into} SELECT {selected} FROM {table.given(columns)} {conflict}",
            [*table.prepared(same), *table.arrays(columns)],
        )
    else:
        marks = ", ".join(["%s"] * (len(columns) + len(same)))
        _execute_many(
            f"{into} VALUES ({marks}) {conflict}",
            [*table.each(columns), *map(repeat, table.prepared(same))],
        )


def create(rows: Sequence[Model]) -> None:
    """Insert rows of one model that have no key yet, and give them theirs.

    Raises:
        IntegrityError: one of them breaks a constraint; none is inserted.
    """
    if not rows:
        return
    model = type(rows[0])
    for row, key in zip(rows, _new_keys(model, len(rows)), strict=True):
        row.pk = key
    names = [field.attname for field in model._meta.concrete_fields]
    insert(model, {name: [getattr(row, name) for row in rows] for name in names})


def save(rows: Sequence[Model], names: Iterable[str]) -> None:
    """Write these attributes of rows of one model that are there."""
    if rows:
        columns = {name: [getattr(row, name) for row in rows] for name in names}
        update(type(rows[0]), columns, by={"id": [row.pk for row in rows]})


def update(
    model: type[Model],
    columns: Columns,
    *,
    by: Columns,
    same: Same = NOTHING,
    where: Same = NOTHING,
) -> None:
    """Update the rows that are found; what is not there stays away.

    Args:
        by: Tells each row from the others.
        where: What all of them have.
    """
    table = _Table(model)
    if connection.vendor == "postgresql":
        new = [f"{name} = given.{name}" for name in table.names(columns)]
        marks = zip(table.names(same), table.marks(same), strict=True)
        new += [f"{name} = {mark}" for name, mark in marks]
        found = [f"old.{name} = given.{name}" for name in table.names(by)]
        found += [f"old.{name} = %s" for name in table.names(where)]
        given = {**columns, **by}
        _execute(
            f"UPDATE {table} AS old SET {', '.join(new)} FROM {table.given(given)} "
            f"WHERE {' AND '.join(found)}",
            [*table.prepared(same), *table.arrays(given), *table.prepared(where)],
        )
    else:
        new = [f"{name} = %s" for name in table.names([*columns, *same])]
        found = [f"{name} = %s" for name in table.names([*by, *where])]
        _execute_many(
            f"UPDATE {table} SET {', '.join(new)} WHERE {' AND '.join(found)}",
            [
                *table.each(columns),
                *map(repeat, table.prepared(same)),
                *table.each(by),
                *map(repeat, table.prepared(where)),
            ],
        )


def _new_keys(model: type[Model], count: int) -> list[int]:
    """Keys that no row has or will be given; on SQLite within the transaction, which has no other
    writer beside it."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [key for (key,) in cursor.fetchall()]
        # Whoever inserts under a key of its own moves SQLite's counter along.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
    first = last[0] + 1 if last else 1
    return list(range(first, first + count))


def _execute(sql: str, parameters: Sequence[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)  # type: ignore[arg-type]  # as prepared


def _execute_many(sql: str, columns: Sequence[Iterable[object]]) -> None:
    """One prepared statement, once for each row; what is the same for all is repeated."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*columns, strict=False)))


#: What SQLite has no type of its own for.
_ADAPTED: Final = frozenset({"DateField", "DateTimeField"})


class _Table:
    """A model as SQL names it; all values are parameters."""

    def __init__(self, model: type[Model]) -> None:
        self._model = model

    def __str__(self) -> str:
        return connection.ops.quote_name(self._model._meta.db_table)

    def names(self, attributes: Iterable[str]) -> list[str]:
        """Columns, quoted."""
        return [connection.ops.quote_name(self._field(name).column or "") for name in attributes]

    def marks(self, attributes: Iterable[str]) -> list[str]:
        """A parameter of each column's type, but without its length: a cast to one cuts a text off
        where the column itself refuses it."""
        types = (self._field(name).db_type(connection) or "" for name in attributes)
        return [f"%s::{one.partition('(')[0]}" for one in types]

    def given(self, columns: Columns) -> str:
        """PostgreSQL's table of the rows given: one array for each column."""
        arrays = ", ".join(f"{mark}[]" for mark in self.marks(columns))
        return f"unnest({arrays}) AS given ({', '.join(self.names(columns))})"

    def conflict(self, unique: Sequence[str], renew: Sequence[str]) -> str:
        """What happens to rows that are there already."""
        new = ", ".join(f"{name} = EXCLUDED.{name}" for name in self.names(renew))
        what = f"UPDATE SET {new}" if new else "NOTHING"
        return f"ON CONFLICT ({', '.join(self.names(unique))}) DO {what}"

    def prepared(self, same: Same) -> list[object]:
        """Values as the database takes them."""
        return [self._field(name).get_db_prep_save(same[name], connection) for name in same]

    def arrays(self, columns: Columns) -> list[str]:
        """Columns of values as PostgreSQL takes them."""
        return [array_text(self._plain(name, column)) for name, column in columns.items()]

    def each(self, columns: Columns) -> list[Iterable[object]]:
        """Columns of values as SQLite takes them."""
        return [
            [self._field(name).get_db_prep_save(value, connection) for value in column]
            if self._field(name).get_internal_type() in _ADAPTED
            else self._plain(name, column)
            for name, column in columns.items()
        ]

    def _plain(self, name: str, column: Sequence[object]) -> Sequence[object]:
        """Documents as text; all else as it is."""
        field = self._field(name)
        if isinstance(field, JSONField):
            return [json.dumps(value, cls=field.encoder) for value in column]
        return column

    def _field(self, name: str) -> "Field[object, object]":
        field: Field[object, object] = self._model._meta.get_field(name)  # type: ignore[assignment]
        return field
