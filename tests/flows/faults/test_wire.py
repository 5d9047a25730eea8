"""The way to kintone breaks: what was true at kintone is what the ledger says in the end."""

import pytest

from jobs.models import Alert, LedgerEntry, Run
from jobs.states import AlertKind, FailureKind, RunStatus
from tests.builders_crm import change, make_companies
from tests.flows.conftest import outcomes
from tests.flows.faults import wire as deeds
from tests.flows.faults.conftest import by_code

#: kintone carried the request out, and we do not get to know.
AFTER_THE_WRITE = {
    "reset": deeds.reset_after,
    "silence": deeds.silence_after,
    "half a body": deeds.half_a_body,
    "malformed": deeds.malformed,
    "fewer results than records": deeds.too_few,
    "500": deeds.page_after(b"500 Internal Server Error"),
    "502": deeds.page_after(b"502 Bad Gateway"),
}
#: What is not tried again within the same run: an answer that kintone does not give.
EVIDENCE = {"malformed", "fewer results than records"}


def check_that_nothing_is_open(product, kintone, mapping, rows):
    """Everything is there once, as it is now, and nobody is worried any more."""
    assert by_code(kintone, mapping) == {row.external_id: row.name for row in rows}
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
    assert not Alert.objects.filter(ended_at=None).exists()


def test_nobody_listens(product, wire, kintone, mapping):
    rows = make_companies(3)
    wire.disconnect()

    refused = [product.run(mapping) for _run in range(2)]
    doubts = LedgerEntry.objects.filter(doubt_until__isnull=False).count()
    product.tick()
    product.rest()
    wire.connect()
    product.slot()
    product.tick()
    product.rest()

    assert {(run.status, run.failure_kind, run.unsent) for run in refused} == {
        (RunStatus.FAILED, FailureKind.TRANSIENT, 3)
    }
    assert doubts == 0, "nothing left, so nothing is in doubt"
    assert outcomes(Run.objects.latest("pk")) == {"created": 3}
    check_that_nothing_is_open(product, kintone, mapping, rows)
    assert [alert.kind for alert in Alert.objects.all()] == [AlertKind.UNREACHABLE]
    assert len(product.mails.mails) == 2, "one that it is down, one that it is well again"


def test_reset_before_the_write_it_is_sent_again_within_the_run(product, wire, kintone, mapping):
    rows = make_companies(3)
    wire.do(deeds.reset_before)

    run = product.run(mapping)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 3})
    check_that_nothing_is_open(product, kintone, mapping, rows)


@pytest.mark.parametrize("name", sorted(AFTER_THE_WRITE.keys() - EVIDENCE))
def test_lost_after_the_write_it_is_sent_again_within_the_run(
    name, product, wire, kintone, mapping
):
    rows = make_companies(3)
    wire.do(AFTER_THE_WRITE[name])

    run = product.run(mapping)

    assert run.status == RunStatus.SUCCEEDED
    check_that_nothing_is_open(product, kintone, mapping, rows)


@pytest.mark.parametrize("name", AFTER_THE_WRITE)
def test_what_was_written_unseen_is_not_taken_for_what_was_there_before(
    name, product, wire, kintone, mapping
):
    rows = make_companies(3, name="A")
    product.run(mapping)
    change(rows[0], name="B")
    change(rows[1], name="B")
    wire.do_always(AFTER_THE_WRITE[name])
    lost = product.run(mapping)
    assert sorted(by_code(kintone, mapping).values()) == ["A", "B", "B"]
    change(rows[0], name="A")  # as the ledger has it, but not kintone
    wire.heal()

    product.slot()
    product.slot()

    assert lost.status == RunStatus.FAILED
    check_that_nothing_is_open(product, kintone, mapping, rows)
    assert sorted(by_code(kintone, mapping).values()) == ["A", "A", "B"]
