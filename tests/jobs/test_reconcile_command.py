"""`manage.py reconcile`: rows that no run by the clock would ever look at."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common import clock
from crm.models import Company
from jobs import enabling, runs
from jobs.models import Ledger
from jobs.states import Trigger
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import outcomes, run_now


@pytest.fixture
def reconcile(capsys, company_mapping):
    """Runs the command; returns what its last line says."""

    def act(*options: str) -> dict[str, Any]:
        name = f"{company_mapping.connection.name}/company"
        try:
            call_command("reconcile", name, "--json", *options)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return {**json.loads(capsys.readouterr().out.splitlines()[-1]), "exit": code}

    return act


@pytest.fixture
def hidden(kintone, company_mapping) -> Company:
    """A company whose change was committed days after the moment that it was stamped with."""
    company, *_others = make_companies(3)
    run_now(company_mapping)
    change(company, name="遅れて確定した会社")
    long_ago = clock.now() - timedelta(days=3)
    Company.objects.filter(pk=company.pk).update(changed_at=long_ago)
    assert outcomes(run_now(company_mapping)) == {}
    return company


def test_where_everything_is_accounted_for_nothing_is_found(kintone, company_mapping, reconcile):
    make_companies(3)
    run_now(company_mapping)

    assert reconcile() == {"owed": 0, "missed": 0, "run": None, "exit": 0}


def test_what_the_next_run_will_see_is_owed_but_not_missed(kintone, company_mapping, reconcile):
    run_now(company_mapping)
    make_company()

    assert reconcile() == {"owed": 1, "missed": 0, "run": None, "exit": 0}


def test_what_hides_from_the_clock_is_found_and_sent_on_demand(
    kintone, company_mapping, hidden, reconcile
):
    assert reconcile() == {"owed": 1, "missed": 1, "run": None, "exit": 1}

    sent = reconcile("--send")

    assert (sent["exit"], sent["run"]["status"]) == (0, "succeeded")
    assert hidden.name in [record["name"] for record in kintone.records(company_mapping.app)]
    assert reconcile()["owed"] == 0
    assert Ledger.objects.get().reconciled_at is not None


def test_while_a_run_is_active_it_is_left_to_the_next_one(
    kintone, company_mapping, hidden, reconcile
):
    run = runs.start(company_mapping, trigger=Trigger.MANUAL, now=clock.now())
    with pytest.raises(CommandError) as refused:
        reconcile("--send")

    assert refused.value.returncode == 1
    runs.cancel(run, now=clock.now())
    assert outcomes(run_now(company_mapping)) == {"updated": 1}


def test_of_a_mapping_that_is_off_nothing_is_sent(kintone, company_mapping, hidden, reconcile):
    enabling.disable(company_mapping, now=clock.now())
    with pytest.raises(CommandError) as refused:
        reconcile("--send")

    assert refused.value.returncode == 2
