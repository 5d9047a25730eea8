"""docs/field-types.md says what the matrix says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.utils import translation

from common.types import Kind
from integrations.kintone.form import FieldType
from mapping.converters import matrix

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "field_types.py"


@pytest.fixture
def field_types() -> ModuleType:
    """The script."""
    spec = importlib.util.spec_from_file_location("field_types", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def japanese():
    with translation.override("ja"):
        yield


def test_the_page_is_what_the_matrix_makes(field_types):
    page = field_types.PAGE.read_text(encoding="utf-8")

    assert field_types.renewed(page) == page


def test_a_cell_that_changes_makes_the_page_stale(field_types, monkeypatch):
    page = field_types.PAGE.read_text(encoding="utf-8")
    cell = matrix.Cell(verdict=matrix.Verdict.IMPOSSIBLE, note="no_day")
    monkeypatch.setitem(matrix.MATRIX[FieldType.NUMBER], Kind.FLAG, cell)

    assert field_types.renewed(page) != page


def test_what_people_wrote_around_the_tables_stays(field_types):
    page = f"前\n{field_types.BEGIN}古い表\n{field_types.END}後\n"

    renewed = field_types.renewed(page)

    assert renewed.startswith(f"前\n{field_types.BEGIN}")
    assert renewed.endswith(f"{field_types.END}後\n")
    assert "古い表" not in renewed
