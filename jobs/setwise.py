"""Many rows written by one statement, at a few microseconds each.

Django's `bulk_create` and `bulk_update` spend most of a push's time on compiling values. Here a
column is a list: PostgreSQL takes it as an array, SQLite as parameters of one prepared statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import TypeAlias

from django.db import connection
from django.db.models import Field, Model

from common.arrays import array_text

#: Attribute → one value for each row: numbers, texts, moments or None.
Columns: TypeAlias = Mapping[str, Sequence[object]]
#: Attribute → the value that all rows have; of any type.
Same: TypeAlias = Mapping[str, object]


def insert(model: type[Model], columns: Columns, *, same: Same, unique: Sequence[str] = ()) -> None:
    """Insert rows; one that is there already by `unique` stays as it is.

    Args:
        unique: Attributes of a unique constraint; without any, a row that is there is an error.
    """
    table = _Table(model)
    into = f"INSERT INTO {table} ({', '.join(table.names([*columns, *same]))})"
    conflict = f"ON CONFLICT ({', '.join(table.names(unique))}) DO NOTHING" if unique else ""
    if connection.vendor == "postgresql":
        given = [f"given.{name}" for name in table.names(columns)]
        selected = ", ".join([*given, *table.marks(same)])
        _execute(
            f"{into} SELECT {selected} FROM {table.given(columns)} {conflict}",
            [*table.prepared(same), *map(array_text, columns.values())],
        )
    else:
        marks = ", ".join(["%s"] * (len(columns) + len(same)))
        _execute_many(
            f"{into} VALUES ({marks}) {conflict}",
            [*table.each(columns), *map(repeat, table.prepared(same))],
        )


def update(model: type[Model], columns: Columns, *, same: Same, by: Columns, where: Same) -> None:
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
            [*table.prepared(same), *map(array_text, given.values()), *table.prepared(where)],
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


def _execute(sql: str, parameters: Sequence[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)  # type: ignore[arg-type]  # as prepared


def _execute_many(sql: str, columns: Sequence[Iterable[object]]) -> None:
    """One prepared statement, once for each row; what is the same for all is repeated."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*columns, strict=False)))


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
        """A parameter of each column's type."""
        return [f"%s::{self._field(name).db_type(connection)}" for name in attributes]

    def given(self, columns: Columns) -> str:
        """PostgreSQL's table of the rows given: one array for each column."""
        arrays = ", ".join(f"{mark}[]" for mark in self.marks(columns))
        return f"unnest({arrays}) AS given ({', '.join(self.names(columns))})"

    def prepared(self, same: Same) -> list[object]:
        """Values as the database takes them."""
        return [self._field(name).get_db_prep_save(same[name], connection) for name in same]

    def each(self, columns: Columns) -> list[Iterable[object]]:
        """Columns of values as SQLite takes them: all but moments as they are."""
        return [
            [self._field(name).get_db_prep_save(value, connection) for value in column]
            if self._field(name).get_internal_type() == "DateTimeField"
            else column
            for name, column in columns.items()
        ]

    def _field(self, name: str) -> "Field[object, object]":
        field: Field[object, object] = self._model._meta.get_field(name)  # type: ignore[assignment]
        return field
