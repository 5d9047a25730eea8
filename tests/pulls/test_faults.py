"""What goes wrong on the way, and what is lost by it: nothing."""

from datetime import timedelta
from functools import partial

import pytest

from common import clock
from crm.models import Company, Lead
from integrations.hotprofile.pace import Pace
from pulls import pulling, tenants
from pulls.models import Pull, Tenant, Trouble
from tests.pulls.conftest import counts


@pytest.fixture
def filled(hotprofile, monkeypatch):
    """Seven companies and five leads, on pages of two."""
    monkeypatch.setattr("integrations.hotprofile.values.Listing.largest_page", 2)
    for number in range(1, 8):
        hotprofile.add_company(number)
    for number in range(1, 6):
        hotprofile.add_lead(1, number)
    return hotprofile


def everything() -> tuple[int, int]:
    return Company.objects.count(), Lead.objects.count()


FAULTS = {
    "too many requests": lambda source, **which: source.fail(429, '{"message": "limit"}', **which),
    "an HTML page of a gateway": lambda source, **which: source.fail(
        500, "<html><h1>Internal Server Error</h1></html>", **which
    ),
    "a page for maintenance": lambda source, **which: source.fail(503, "<html>", **which),
    "a connection that is cut": lambda source, **which: source.cut("before", **which),
    "an answer that is cut off": lambda source, **which: source.cut("middle", **which),
    "JSON that is broken": lambda source, **which: source.fail(200, '{"clients": [', **which),
    "a page instead of JSON": lambda source, **which: source.fail(200, "<html>", **which),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_what_passes_is_overcome_within_the_pull(filled, pull_now, fault):
    fault(filled, skip=2, times=2)

    pull = pull_now()

    assert pull.status == Pull.Status.SUCCEEDED
    assert everything() == (7, 5)
    assert counts(pull) == {"created": 12}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_what_does_not_pass_ends_the_pull_and_the_next_one_goes_on_from_there(
    filled, pull_now, fault
):
    fault(filled, skip=2, times=None)
    pull = pull_now()
    assert (pull.status, pull.message["code"]) == (Pull.Status.FAILED, "hotprofile_down")
    assert everything() == (4, 0)
    filled.heal()
    filled.calls.clear()

    again = pull_now()

    assert again.status == Pull.Status.SUCCEEDED
    assert everything() == (7, 5)
    # Companies 1 to 4 are not read again before the cycle ends; then what changed since it began.
    first_calls = [call["search"]["from_id"] for call in filled.calls[:2]]
    assert first_calls == [5, 7]
    assert again.created == 8


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, '{"message": "api_key is invalid"}', "hotprofile_config.key"),
        (403, "<html>許可されていないIPアドレスです</html>", "hotprofile_config.ip_address"),
        (404, "<h1>404 Not Found</h1>", "hotprofile_config.host"),
        (302, "", "hotprofile_config.host"),
        (200, '{"message": "api_key is invalid"}', "hotprofile_config.key"),
        (200, '{"leads": []}', "hotprofile_protocol"),
        (400, '{"message": "order is not known"}', "hotprofile_protocol"),
    ],
)
def test_what_a_person_must_mend_ends_the_pull_at_once(filled, pull_now, status, body, code):
    filled.fail(status, body, skip=1, times=None)

    pull = pull_now()

    assert (pull.status, pull.message["code"]) == (Pull.Status.FAILED, code)
    assert pull.calls == 2
    assert everything() == (2, 0)


def test_a_server_that_ignores_the_order_is_not_believed(filled, pull_now, monkeypatch):
    """Going on from the last id would lose what lies between."""
    monkeypatch.setattr(
        "sandbox.hotprofile.listing._ordered", lambda tenant, listing, ids, order: ids[::-1]
    )

    pull = pull_now()

    assert (pull.status, pull.message["code"]) == (Pull.Status.FAILED, "hotprofile_protocol")
    assert everything() == (0, 0)


def test_a_wrong_key_is_never_sent_again_and_again(hotprofile, pull_now, tenant):
    tenants.save(host=tenant.host, api_key="wrong", enabled=True, notify=[])

    pull = pull_now()

    assert pull.message["code"] == "hotprofile_config.key"
    assert len(hotprofile.calls) == 1


def test_too_many_calls_in_a_minute_are_waited_for(filled, pull_now, settings, monkeypatch):
    by_the_tests_clock = partial(Pace, now=lambda: clock.now().timestamp())
    monkeypatch.setattr("pulls.tenants.Pace", by_the_tests_clock)
    settings.HOTPROFILE_CALLS_PER_MINUTE = 3
    before = clock.now()

    pull = pull_now()

    assert everything() == (7, 5)
    minutes = (clock.now() - before) // timedelta(minutes=1)
    assert pull.calls == 7
    assert minutes == 2


def test_a_process_that_dies_between_two_pages_leaves_nothing_undone_or_done_twice(
    filled, pull_now, tenant
):
    class Killed(BaseException):
        pass

    def die(pull: Pull) -> None:
        if pull.companies == 4:
            raise Killed

    with pytest.raises(Killed):
        pull_now(on_page=die)
    pulling.mind(now=clock.now(), is_dead=lambda owner: owner == "test")
    filled.calls.clear()

    pull = Pull.objects.get()
    assert pull.status == Pull.Status.QUEUED
    from pulls import reading

    pull = reading.execute(pull.pk, owner="another")

    assert pull.status == Pull.Status.SUCCEEDED
    assert filled.calls[0]["search"]["from_id"] == 5
    assert everything() == (7, 5)
    assert (pull.companies, pull.leads) == (7, 5)


def test_a_pull_that_kills_every_process_is_given_up_and_told(filled, tenant):
    pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())
    for _death in range(pulling.MOST_DEATHS):
        assert pulling.take(pull.pk, owner="test", now=clock.now())
        pulling.mind(now=clock.now(), is_dead=lambda owner: True)

    pull.refresh_from_db()
    assert (pull.status, pull.message["code"]) == (Pull.Status.FAILED, "lost")
    assert Trouble.objects.get().problem["code"] == "lost"


def test_who_was_given_up_writes_nothing_any_more(filled, pull_now):
    def lose(pull: Pull) -> None:
        if pull.companies == 2:
            pulling.mind(now=clock.now(), is_dead=lambda owner: True)

    pull = pull_now(on_page=lose)

    assert pull.status == Pull.Status.QUEUED
    assert everything() == (2, 0)
    assert Tenant.objects.get().next_id == 3


def test_a_canceled_pull_stops_and_the_next_one_goes_on(filled, pull_now):
    def cancel(pull: Pull) -> None:
        if pull.companies == 4:
            pulling.cancel(pull, now=clock.now())

    assert pull_now(on_page=cancel).status == Pull.Status.CANCELED
    assert everything() == (4, 0)

    assert pull_now().created == 8


def test_a_page_that_was_written_but_not_written_down_is_the_same_rows_again(
    filled, pull_now, tenant
):
    pull_now()
    Tenant.objects.update(stage="company", next_id=3, since=None)

    pull = pull_now()

    assert pull.created == 0
    assert everything() == (7, 5)
    assert not Company.objects.exclude(version=1).exists()


def test_of_two_pulls_at_once_there_is_one(tenant):
    pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())

    with pytest.raises(pulling.AlreadyActive):
        pulling.start(tenant, trigger=Pull.Trigger.SCHEDULE, now=clock.now())


def test_the_key_is_neither_stored_plainly_nor_written_anywhere(
    filled, pull_now, tenant, caplog, django_db_blocker
):
    from django.db import connection

    filled.fail(500, "<html>", times=None)
    with caplog.at_level("DEBUG"):
        pull = pull_now()

    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM pulls_tenant")
        (stored,) = cursor.fetchone()
    assert filled.api_key not in stored
    assert filled.api_key not in caplog.text
    assert filled.api_key not in str(pull.message)
