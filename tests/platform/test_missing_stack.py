"""Where Redis or Chromium is missing: a test that needs it is skipped, but fails in CI."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Our own hook, on a machine that has neither.
CONFTEST = """
import shutil
import tests.conftest as ours
from tests.conftest import pytest_runtest_setup
ours.redis_answers = lambda: False
shutil.which = lambda name: None
"""
NEEDS = """
import pytest
@pytest.mark.stack
def test_that_needs_the_stack():
    pass
@pytest.mark.browser
def test_that_needs_a_browser():
    pass
def test_that_needs_nothing():
    pass
"""


@pytest.fixture
def elsewhere(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with tests of its own and our rules."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makeini(
        "[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n"
        "addopts = -p no:valkey -p no:randomly\nmarkers =\n    stack: x\n    browser: x\n"
    )
    return pytester


@pytest.mark.parametrize("in_ci", [True, False])
def test_ci_does_not_go_without_what_others_may_skip(
    elsewhere: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, in_ci: bool
) -> None:
    monkeypatch.setenv("CI", "true" if in_ci else "")
    elsewhere.makepyfile(NEEDS)

    ended = elsewhere.runpytest_subprocess("-rs")

    # What fails before the test itself is an error in pytest's count.
    ended.assert_outcomes(passed=1, errors=2 * in_ci, skipped=2 * (not in_ci))
    for what in ("Redis on its standard port", "Chromium"):
        words = (
            f"{what} is missing, and CI must not go without." if in_ci else f"{what} is missing."
        )
        assert words in ended.stdout.str()
