"""Many rows written by one statement, at a few microseconds each.

Django's `bulk_create` spends most of a push's time on compiling values. Here a column is a list:
PostgreSQL takes it as an array, SQLite as the parameters of one prepared statement.
"""

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import Field, Model


def insert(
    model: type[Model],
    columns: Mapping[str, Sequence[object]],
    *,
    same: Mapping[str, object],
    unique: Sequence[str] = (),
    update: Sequence[str] = (),
) -> None:
    """Insert rows; one that is there already by `unique` gets the new values of `update`, if any.

    Args:
        columns: Attribute → one value for each row: numbers, texts, moments or None.
        same: Attribute → the value that all rows have; of any type.
        unique: Attributes of a unique constraint; without any, a row that is there is an error.
        update: Attributes; none: rows that are there stay as they are.
    """
    several = [_field(model, name) for name in columns]
    single = [_field(model, name) for name in same]
    values = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(single, same.values(), strict=True)
    ]
    names = ", ".join(f'"{field.column}"' for field in (*several, *single))
    into = f'INSERT INTO "{model._meta.db_table}" ({names})'
    conflict = _on_conflict(model, unique, update)
    # Names of our own models' tables and columns; every value is a parameter.
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            given = ", ".join(f"given.{field.column}" for field in several)
            arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in several)
            aliases = ", ".join(field.column or "" for field in several)
            marks = ", ".join(f"%s::{field.db_type(connection)}" for field in single)
            source = f"SELECT {given}, {marks} FROM unnest({arrays}) AS given ({aliases})"  # noqa: S608
            cursor.execute(
                f"{into} {source}{conflict}",
                [*values, *(list(column) for column in columns.values())],
            )
        else:
            each = ", ".join(["%s"] * len(names.split(", ")))
            prepared = [
                [field.get_db_prep_save(value, connection) for value in column]
                if field.get_internal_type() == "DateTimeField"
                else column
                for field, column in zip(several, columns.values(), strict=True)
            ]
            cursor.executemany(
                f"{into} VALUES ({each}){conflict}",
                [(*row, *values) for row in zip(*prepared, strict=True)],
            )


def _field(model: type[Model], name: str) -> "Field[object, object]":
    field: Field[object, object] = model._meta.get_field(name)  # type: ignore[assignment]
    return field


def _on_conflict(model: type[Model], unique: Sequence[str], update: Sequence[str]) -> str:
    if not unique:
        return ""
    target = ", ".join(f'"{_field(model, name).column}"' for name in unique)
    if not update:
        return f" ON CONFLICT ({target}) DO NOTHING"
    columns = [_field(model, name).column for name in update]
    new = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in columns)
    return f" ON CONFLICT ({target}) DO UPDATE SET {new}"
