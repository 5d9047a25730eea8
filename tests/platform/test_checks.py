"""`scripts/check.py`: what `make test` says when something does not hold."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check.py"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, with two checks that hold and tests that are quickly run."""
    spec = importlib.util.spec_from_file_location("checks", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "checks", module)
    spec.loader.exec_module(module)
    good = [module.Check(name=name, command=("true",)) for name in ("lint", "types")]
    monkeypatch.setattr(module, "static_checks", lambda _: good)
    monkeypatch.setattr(module, "stack_check", lambda: module.Check(name="stack", command=["true"]))
    monkeypatch.setattr(module, "PYTEST", ("echo", "12 passed"))
    return module


def test_each_check_is_named_and_the_tests_close_a_good_run(
    checks: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    assert checks.main(quick=False) == 0
    said = capfd.readouterr().out.splitlines()
    assert said == ["--- lint", "--- types", "--- stack", "--- tests (pytest)", "12 passed"]


def test_one_that_fails_stops_no_other_and_is_named_at_the_end(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = [checks.Check(name=name, command=(name,)) for name in ("false", "true")]
    monkeypatch.setattr(checks, "static_checks", lambda _: bad)
    assert checks.main(quick=False) == 1
    said = capfd.readouterr().out
    assert "12 passed" in said
    assert said.splitlines()[-1] == "--- FAILED: false"


def test_the_quick_checks_run_no_tests(
    checks: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    assert checks.main(quick=True) == 0
    assert "passed" not in capfd.readouterr().out


@pytest.mark.parametrize(("in_ci", "code"), [(True, 1), (False, 0)])
def test_without_postgresql_or_redis_ci_fails_and_others_are_told(
    checks: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    in_ci: bool,
    code: int,
) -> None:
    monkeypatch.setattr(checks, "IN_CI", in_ci)
    monkeypatch.setattr(checks, "stack_check", lambda: None)
    assert checks.main(quick=False) == code
    assert "PostgreSQL or Redis is not reachable" in capfd.readouterr().out


def test_a_variable_set_to_nothing_is_not_there_for_a_check(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")
    unset = ("sh", "-c", 'test -z "${DATABASE_URL+set}"')
    assert checks.holds(checks.Check(name="x", command=unset, environment={"DATABASE_URL": ""}))
