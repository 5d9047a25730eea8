"""Which records of an app a query finds, in which order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.conditions import ID, Asker, comparable, field_of, record_test, stored_form
from sandbox.form import Field
from sandbox.model import App, Record
from sandbox.query_parser import Condition, Junction, Query, Tree
from sandbox.reading import stored_value


def find_records(
    app: App, query: Query, *, asker: Asker, count: bool = False
) -> tuple[list[Record], int | None]:
    """The records of the page that the query asks for, and with `count` how many it finds in all.

    Raises:
        ApiError: a field that does not exist, or an operator that its type does not take.
    """
    if not count and query.order in ((), (("$id", True),), (("$id", False),)):
        return _first_of(app, query, asker=asker), None
    found = all_records(app, query, asker=asker)
    page = found[query.offset : query.offset + query.limit]
    return page, len(found) if count else None


def all_records(app: App, query: Query, *, asker: Asker) -> list[Record]:
    """Every record that the query finds, in its order; limit and offset are left aside."""
    test = record_test(app, query.where, asker=asker) if query.where else None
    found = [
        record
        for record in _records(app, _candidates(app, query.where))
        if test is None or test(record)
    ]
    return _sort(app, found, query.order)


def _first_of(app: App, query: Query, *, asker: Asker) -> list[Record]:
    """The page without looking at more records than it takes."""
    test = record_test(app, query.where, asker=asker) if query.where else None
    candidates = _candidates(app, query.where)
    newest_first = not query.order or query.order[0][1]
    page: list[Record] = []
    skipped = 0
    for record_id in reversed(candidates) if newest_first else candidates:
        if len(page) == query.limit:
            break
        record = app.records[record_id]
        if test is not None and not test(record):
            continue
        if skipped < query.offset:
            skipped += 1
            continue
        page.append(record)
    return page


def _records(app: App, ids: Iterable[int]) -> Iterator[Record]:
    return (app.records[record_id] for record_id in ids)


def _candidates(app: App, where: Tree | None) -> list[int]:
    """Ids, ascending, among which all that `where` finds are: by id or by a unique field."""
    parts = where.parts if isinstance(where, Junction) and where.every else (where,)
    candidates = app.ids
    for part in parts:
        if not isinstance(part, Condition) or part.functions:
            continue
        if part.field == "$id" and part.operator in {">", ">=", "<", "<="}:
            candidates = _by_bound(candidates, part)
        elif part.field in app.unique and part.operator in {"=", "in"}:
            candidates = _by_key(app, part, candidates)
    return candidates


def _by_bound(candidates: list[int], part: Condition) -> list[int]:
    bound = int(part.values[0]) if part.values[0].lstrip("-").isdecimal() else None
    if bound is None:
        return candidates
    if part.operator in {">", ">="}:
        start = (bisect_right if part.operator == ">" else bisect_left)(candidates, bound)
        return candidates[start:]
    end = (bisect_left if part.operator == "<" else bisect_right)(candidates, bound)
    return candidates[:end]


def _by_key(app: App, part: Condition, candidates: list[int]) -> list[int]:
    if "" in part.values:
        return candidates
    field = app.form.fields[part.field]
    keys = (stored_form(field, value) for value in part.values)
    held = {app.unique[part.field].get(key) for key in keys}
    allowed = held & set(candidates) if candidates is not app.ids else held
    return sorted(record_id for record_id in allowed if record_id is not None)


def _sort(app: App, found: list[Record], order: tuple[tuple[str, bool], ...]) -> list[Record]:
    ordered = sorted(found, key=lambda record: record.id, reverse=True)
    for code, descending in reversed(order):
        field = field_of(app, code)
        ordered.sort(key=_sort_key(app, field), reverse=descending)
    return ordered


def _sort_key(app: App, field: Field) -> Callable[[Record], tuple[bool, Any]]:
    if field is ID:
        return lambda record: (True, record.id)

    def key(record: Record) -> tuple[bool, Any]:
        value = comparable(field, stored_value(app, record, field.code))
        return (False, 0) if value is None or isinstance(value, list) else (True, value)

    return key
