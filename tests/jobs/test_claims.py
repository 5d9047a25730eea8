"""Keys that are given back wake who waits for them, and nobody too early."""

from datetime import timedelta

import pytest

from common import clock
from jobs import claims
from jobs.ledger import ledger_of
from jobs.models import KeyClaim, LedgerEntry
from tests.builders_mapping import make_mapping

pytestmark = pytest.mark.django_db


def test_who_waits_is_due_at_once_but_after_its_doubt_where_a_request_may_be_alive() -> None:
    now = clock.now()
    ledger = ledger_of(make_mapping(rules={}, update_key="code"))
    known = {"ledger": ledger, "version": 1, "state": "failed", "touched_at": now}
    holder = LedgerEntry.objects.create(source_id=1, **known)
    target = {"host": ledger.host, "app": ledger.app, "key_field": ledger.key_field}
    KeyClaim.objects.create(key="K", entry=holder, **target)
    waiting = {"waits_for": "K", "due_at": now + timedelta(days=1)}
    calm = LedgerEntry.objects.create(source_id=2, **known, **waiting)
    soon = now + timedelta(minutes=2)
    doubtful = LedgerEntry.objects.create(source_id=3, doubt_until=soon, **known, **waiting)
    other = LedgerEntry.objects.create(source_id=4, **known, **{**waiting, "waits_for": "L"})

    claims.release_others(ledger, [1])

    due = dict(LedgerEntry.objects.values_list("source_id", "due_at"))
    assert now <= (due[calm.source_id] or soon) <= clock.now()
    assert due[doubtful.source_id] == soon
    assert due[other.source_id] == other.due_at
