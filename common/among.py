"""One of hundreds of values, as a single parameter of a statement.

Django's `__in` makes a parameter of each value: looking up a batch by it takes longer in Python
than in the database.
"""

from collections.abc import Iterable
from typing import Any

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup
from django.db.models.sql.compiler import SQLCompiler

from common.arrays import array_text


def among(name: str, values: Iterable[int] | Iterable[str]) -> "Among":
    """The condition that the column has one of these values."""
    return Among(F(name), list(values))


class Among(Lookup):
    """See `among`."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            kind = self.lhs.output_field.db_type(connection)
            return f"{column} = ANY(%s::{kind}[])", (*parameters, array_text(self.rhs))
        listed = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 — no value is in it
        return listed, (*parameters, orjson.dumps(self.rhs).decode())
