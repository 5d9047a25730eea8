"""The stand-in for Hot Profile: it lists, pages, limits and fails as asked."""

import json
import subprocess
import sys
import urllib.request
from typing import Any

import pytest
import requests

from tests.fixtures.hotprofile import Source


@pytest.fixture
def ask(hotprofile: Source) -> Any:
    """One call: status and JSON."""

    def act(listing: str = "leads", key: str = hotprofile.api_key, **body: Any) -> tuple[int, Any]:
        url = f"{hotprofile.url}/rest_api/v1/{listing}/get_entry_list"
        answer = requests.post(url, json={"api_key": key, **body}, timeout=10)
        return answer.status_code, answer.json()

    return act


@pytest.fixture
def five(hotprofile: Source) -> Source:
    """A company with five leads."""
    company = hotprofile.add_company(1, name="株式会社青葉商事")
    for number in (2, 4, 6, 8, 10):
        hotprofile.add_lead(company, number)
    return hotprofile


def ids(told: tuple[int, Any], listing: str = "leads") -> list[int]:
    assert told[0] == 200, told
    return [record["id"] for record in told[1][listing]]


def test_pages_are_counted_as_the_definition_says(five: Source, ask: Any) -> None:
    told = ask(page={"number": 2, "display_number": 2})

    assert ids(told) == [6, 8]
    assert told[1]["pages"] == {
        "total_count": 5,
        "total_number": 3,
        "current_number": 2,
        "display_number": 2,
    }


def test_ids_and_times_bound_what_is_found(five: Source, ask: Any) -> None:
    five.world.change("leads", 4, {"post": "部長"})
    entry = five.world.leads.by_id[4]
    when = f"{entry.updated_at:%Y/%m/%d %H:%M:%S}"

    assert ids(ask(search={"from_id": 4, "to_id": 8})) == [4, 6, 8]
    assert 4 in ids(ask(search={"from_datetime_updated_on": when}))
    assert ids(ask(search={"ids": "2,10"})) == [2, 10]
    assert ids(ask(order={"key": "id", "type": "desc"})) == [10, 8, 6, 4, 2]


def test_values_have_hot_profile_s_own_shapes(five: Source, ask: Any) -> None:
    lead = ask(search={"ids": "2"})[1]["leads"][0]

    assert (lead["client_name"], lead["not_mail_flg"]) == ("株式会社青葉商事", "ー")
    assert (lead["tel"], lead["pref"], lead["tags"]) == ("", None, [])
    assert len(lead["updated_at"]) == len("2026/11/22 14:05:00")


@pytest.mark.parametrize(
    "body",
    [
        {"page": {"display_number": 101}},
        {"page": {"number": "x"}},
        {"order": {"key": "name"}},
        {"search": {"from_datetime_updated_on": "yesterday"}},
        {"search": {"color": "red"}},
        {"search": [1]},
    ],
)
def test_what_the_api_does_not_have_is_refused(five: Source, ask: Any, body: Any) -> None:
    assert ask(**body)[0] == 400


def test_a_wrong_key_is_refused(five: Source, ask: Any) -> None:
    assert ask(key="wrong")[0] == 401


def test_the_call_that_is_one_too_many_in_its_minute_is_refused(five: Source, ask: Any) -> None:
    five.world.limit = 3

    assert [ask()[0] for _call in range(5)] == [200, 200, 200, 429, 429]
    assert five.served.refused == 2


def test_it_can_be_changed_and_spoiled_from_outside_its_process() -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "sandbox.hotprofile", "--port", "0"),
            *("--companies", "5", "--departments", "2", "--leads", "9"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip("/")

        def control(name: str, body: Any = None) -> Any:
            data = None if body is None else json.dumps(body).encode()
            with urllib.request.urlopen(f"{url}/sandbox/{name}", data=data) as answer:
                return json.load(answer)

        state = control("state")
        assert (state["companies"], state["departments"], state["leads"]) == (5, 2, 9)
        changed = control("churn", {"changes": 6})["changed"]
        assert len(changed["clients"]) + len(changed["leads"]) == 6
        assert control("add", {"listing": "clients", "values": {"name": "新"}}) == {"id": 6}
        assert control("merge", {"id": 1, "into": 2})["companies"] == 5
        assert len(control("faults", {"status": 503})["faults"]) == 1
    finally:
        process.terminate()
        process.communicate()
