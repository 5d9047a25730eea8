"""The Hot Profile client: the exact request, what each answer means, pace and patience."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from integrations.hotprofile import client as module
from integrations.hotprofile.client import HotProfileClient
from integrations.hotprofile.errors import (
    ConfigReason,
    HotProfileConfigError,
    HotProfileProtocolError,
    HotProfileTransientError,
)
from integrations.hotprofile.pace import Pace
from integrations.hotprofile.values import Listing

HOST = "https://example.hotprofile.biz"
COMPANIES = f"{HOST}/rest_api/v1/clients/get_entry_list"
LEADS = f"{HOST}/rest_api/v1/leads/get_entry_list"


@pytest.fixture
def slept() -> list[float]:
    """How long was waited, each time."""
    return []


@pytest.fixture
def client(slept: list[float]) -> HotProfileClient:
    return HotProfileClient(
        base_url=HOST,
        api_key="the-key",
        pace=Pace(1000),
        sleep=slept.append,
        random=lambda: 0.5,
    )


@pytest.fixture
def wire() -> Any:
    """What goes over the wire, answered as registered."""
    with responses.RequestsMock() as mock:
        yield mock


def page(*ids: object, total: object = None, listing: str = "clients", **more: Any) -> Any:
    """An answer with records of these ids."""
    records = [{"id": one, "name": f"会社{one}", **more} for one in ids]
    return {listing: records, "pages": {"total_count": len(ids) if total is None else total}}


def test_a_page_is_asked_for_exactly_so(wire: Any, client: HotProfileClient) -> None:
    wire.post(LEADS, json=page(12, 40, total=7, listing="leads"))
    since = datetime(2026, 11, 22, 5, 5, 11, tzinfo=UTC)

    found = client.page(Listing.LEADS, from_id=12, updated_since=since)

    request = wire.calls[0].request
    assert json.loads(request.body) == {
        "api_key": "the-key",
        "search": {"from_id": 12, "from_datetime_updated_on": "2026/11/22 14:05:11"},
        "order": {"key": "id", "type": "asc"},
        "page": {"number": 1, "display_number": 100},
    }
    assert "the-key" not in request.url
    assert (found.remaining, found.is_last, found.next_id) == (7, False, 41)


def test_a_page_of_companies_is_as_large_as_it_may_be(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, json=page())

    found = client.page(Listing.COMPANIES, from_id=1)

    assert json.loads(wire.calls[0].request.body)["page"]["display_number"] == 1000
    assert found.is_last


def test_their_clock_is_read_off_the_answer(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, json=page(), headers={"Date": "Sun, 22 Nov 2026 05:05:11 GMT"})

    found = client.page(Listing.COMPANIES, from_id=1)

    assert found.at == datetime(2026, 11, 22, 5, 5, 11, tzinfo=UTC)


def test_ids_and_counts_may_come_as_text(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, json=page("3", "20", total="2"))

    found = client.page(Listing.COMPANIES, from_id=1)

    assert [record["id"] for record in found.records] == [3, 20]
    assert found.is_last


def test_what_nobody_can_store_is_left_out(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, json=page(1, note="前\0後", items=[{"label": "a\0", "value": ["b\0"]}]))

    record = client.page(Listing.COMPANIES, from_id=1).records[0]

    assert record["note"] == "前後"
    assert record["items"] == [{"label": "a", "value": ["b"]}]


@pytest.mark.parametrize(
    "answer",
    [
        page(5, 3),
        page(3, 3),
        page(1, from_id=2),
        page("x"),
        page(0),
        {"clients": ["text"], "pages": {"total_count": 1}},
        {"clients": []},
        {"clients": [], "pages": {"total_count": 4}},
        {"clients": [], "pages": {"total_count": -1}},
        {"clients": {}, "pages": {"total_count": 0}},
        {"message": "something else"},
    ],
)
def test_what_the_api_does_not_promise_is_not_read_as_a_page(
    wire: Any, client: HotProfileClient, answer: Any
) -> None:
    wire.post(COMPANIES, json=answer)

    with pytest.raises(HotProfileProtocolError):
        client.page(Listing.COMPANIES, from_id=2)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"message": "api_key is invalid"}, ConfigReason.KEY),
        (403, "<html>", ConfigReason.KEY),
        (403, "<p>許可されていないIPアドレス</p>", ConfigReason.IP_ADDRESS),
        (404, "<html>", ConfigReason.HOST),
        (302, "", ConfigReason.HOST),
        (200, {"error": "APIキーが違います"}, ConfigReason.KEY),
    ],
)
def test_what_a_person_must_mend_is_told_at_once(
    wire: Any, client: HotProfileClient, slept: list[float], status: int, body: Any, reason: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    wire.post(COMPANIES, status=status, body=content)

    with pytest.raises(HotProfileConfigError) as caught:
        client.count(Listing.COMPANIES)

    assert caught.value.reason == reason
    assert slept == []


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_and_then_given_up(
    wire: Any, client: HotProfileClient, slept: list[float], status: int
) -> None:
    wire.post(COMPANIES, status=status, body="<html>")

    with pytest.raises(HotProfileTransientError):
        client.count(Listing.COMPANIES)

    assert client.calls == module.ATTEMPTS
    assert len(slept) == module.ATTEMPTS - 1


def test_after_too_many_calls_the_window_of_a_minute_passes(
    wire: Any, client: HotProfileClient, slept: list[float]
) -> None:
    wire.post(COMPANIES, status=429)

    with pytest.raises(HotProfileTransientError):
        client.count(Listing.COMPANIES)

    assert sum(slept) > 60


def test_an_answer_after_a_failure_is_an_answer(
    wire: Any, client: HotProfileClient, slept: list[float]
) -> None:
    wire.post(COMPANIES, body='{"clients": [')
    wire.post(COMPANIES, json=page(1))

    assert client.count(Listing.COMPANIES) == 1
    assert len(slept) == 1


def test_no_error_says_the_key_or_a_customer_s_data(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, json={"clients": [{"name": "青葉商事"}], "pages": {}})

    with pytest.raises(HotProfileProtocolError) as caught:
        client.count(Listing.COMPANIES)

    assert "the-key" not in str(caught.value)
    assert "青葉" not in str(caught.value) + caught.value.message


def test_redirects_are_not_followed_with_the_key(wire: Any, client: HotProfileClient) -> None:
    wire.post(COMPANIES, status=307, headers={"Location": "https://evil.example.com/"})

    with pytest.raises(HotProfileConfigError):
        client.count(Listing.COMPANIES)

    assert len(wire.calls) == 1


def test_the_pace_allows_so_many_calls_in_any_minute() -> None:
    clock = [1000.0]
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    pace = Pace(3, sleep=sleep, now=lambda: clock[0])
    sent = []
    for _call in range(7):
        pace.wait()
        sent.append(clock[0])
        clock[0] += 1

    assert sent == [1000, 1001, 1002, 1060, 1061, 1062, 1120]
    assert len(waits) == 2
