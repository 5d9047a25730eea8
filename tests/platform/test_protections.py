"""The edits by which protections are taken out fit the code, and docs/faults.md tells of them."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from protections import PROTECTIONS, Protection  # noqa: E402

FAULTS = [pytest.param(one, id=one.fault) for one in PROTECTIONS]


@pytest.mark.parametrize("protection", FAULTS)
def test_what_is_taken_out_stands_once_in_the_code(protection: Protection) -> None:
    edit = protection.edit

    assert (ROOT / edit.file).read_text().count(edit.old) == 1
    assert edit.new != edit.old


@pytest.mark.parametrize("protection", FAULTS)
def test_the_test_is_there_and_the_page_names_it(protection: Protection) -> None:
    path, _, name = protection.test.partition("::")
    function = re.sub(r"\[.*\]$", "", name)
    page = (ROOT / "docs" / "faults.md").read_text()

    assert f"def {function}" in (ROOT / "tests" / path).read_text()
    assert f"| {protection.fault} |" in page
    assert protection.edit.by in page
