"""Every cell of the matrix, with odd values; a cell without a case is an error."""

from collections.abc import Iterator
from typing import Any

import pytest

from common.types import Kind
from integrations.kintone.form import FieldType
from mapping.converters import (
    WRITABLE_TYPES,
    ValueRefusedError,
    Verdict,
    converter,
    element_kind,
    fit,
    fit_in_table,
)
from mapping.converters.matrix import LINKS, MATRIX
from mapping.labels import NOTES
from tests.builders_mapping import make_field
from tests.mapping.cells import CELLS, field_of
from tests.mapping.written import refused


def possible_cells() -> Iterator[Any]:
    for name, row in CELLS.items():
        for kind, cases in row.items():
            if not isinstance(cases, str):
                yield pytest.param(name, kind, cases, id=f"{kind} into {name}")


def impossible_cells() -> Iterator[tuple[str, str, str]]:
    for name, row in CELLS.items():
        yield from ((name, kind, cases) for kind, cases in row.items() if isinstance(cases, str))


def test_every_kind_and_every_writable_type_has_its_cases():
    kinds = {kind.value for kind in Kind}
    links = {f"LINK {protocol}" for protocol in LINKS}
    types = {each.value for each in WRITABLE_TYPES if each is not FieldType.LINK} | links

    assert set(CELLS) == types
    assert {name: set(row) for name, row in CELLS.items()} == dict.fromkeys(types, kinds)
    assert set(MATRIX) == set(WRITABLE_TYPES) - {FieldType.LINK}
    assert all(cases for row in CELLS.values() for cases in row.values())


@pytest.mark.parametrize(("name", "kind", "cases"), list(possible_cells()))
def test_a_cell_converts_its_values_or_refuses_them(name, kind, cases):
    field = field_of(name)
    assert fit(Kind(kind), field).possible
    convert = converter(Kind(kind), field)

    for value, sent in cases:
        found: object
        try:
            found = convert(value)
        except ValueRefusedError as error:
            found = refused(error.code)
        assert found == sent, ascii(value)


@pytest.mark.parametrize(("name", "kind", "reason"), list(impossible_cells()))
def test_what_is_impossible_says_why(name, kind, reason):
    found = fit(Kind(kind), field_of(name))

    assert (found.verdict, found.note) == (Verdict.IMPOSSIBLE, reason)
    with pytest.raises(ValueError, match="cannot go into"):
        converter(Kind(kind), field_of(name))


def test_every_note_is_put_into_words():
    rows = [*MATRIX.values(), *LINKS.values()]
    notes = {cell.note for row in rows for cell in row.values()} - {""}

    assert notes <= set(NOTES)
    assert all(cell.note for row in rows for cell in row.values() if cell.convert is None)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("name", CELLS)
def test_in_a_table_several_values_are_rows_of_one_each(name, kind):
    field = field_of(name)

    assert fit_in_table(kind, field) == fit(element_kind(kind), field)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("type_", ["SINGLE_LINE_TEXT", "NUMBER"])
def test_a_lookup_takes_what_its_base_type_takes(type_, kind):
    lookup = make_field(
        type_,
        lookup={"relatedApp": {"app": "3"}, "relatedKeyField": "code", "fieldMappings": []},
    )

    assert fit(kind, lookup) == fit(kind, make_field(type_))
