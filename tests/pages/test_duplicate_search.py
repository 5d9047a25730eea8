"""Likely duplicates among many rows are looked for by a worker, while the page tells of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from common import clock
from common.types import RecordType
from crm import duplicate_searches, duplicates, tasks
from tests.builders_crm import make_companies, make_company

pytestmark = pytest.mark.django_db

PAGE = reverse("jobs:duplicates", args=["company"])


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than are searched while somebody waits, two of them alike."""
    monkeypatch.setattr(duplicate_searches, "INLINE_ROWS", 2)
    make_companies(2)
    for name in ("青葉", "青葉"):
        make_company(name=name, corporate_number="1234567890123")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was left to a worker, instead of a broker."""
    found: list[Any] = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, args, **_options: found.append((name, args))
    )
    return found


def search(client: Client) -> str:
    return str(client.post(PAGE, follow=True).content.decode())


def test_among_many_rows_a_worker_searches_and_the_page_is_renewed_when_it_has(
    many: None, sent: list[Any], as_administrator: Client
) -> None:
    page = search(as_administrator)
    assert "候補を探しています。" in page
    assert "候補を探す</button>" not in page
    part = as_administrator.get(PAGE, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()

    [(name, args)] = sent
    assert name == tasks.find_duplicates.name
    tasks.find_duplicates(*args)

    over = as_administrator.get(PAGE, headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    page = as_administrator.get(PAGE).content.decode()
    assert "並べて確認" in page
    assert "候補を探す</button>" in page


def test_while_a_worker_searches_no_other_one_begins(
    many: None, sent: list[Any], as_administrator: Client
) -> None:
    search(as_administrator)
    search(as_administrator)

    assert len(sent) == 1


def test_a_search_that_broke_off_is_told_and_can_be_begun_again(
    many: None,
    sent: list[Any],
    as_administrator: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search(as_administrator)
    with monkeypatch.context() as broken:
        broken.setattr(duplicates, "find", lambda *_args, **_more: 1 / 0)
        tasks.find_duplicates("company")

    assert "候補の検索が中断しました" in as_administrator.get(PAGE).content.decode()
    assert "候補を探しています。" in search(as_administrator)


def test_a_search_whose_worker_is_gone_does_not_stand_in_the_way_for_good(
    many: None, sent: list[Any], as_administrator: Client, time_machine: Any
) -> None:
    time_machine.move_to(clock.now())
    search(as_administrator)
    time_machine.shift(duplicate_searches.LONGEST.total_seconds() + 1)

    assert "候補の検索が中断しました" in as_administrator.get(PAGE).content.decode()
    search(as_administrator)
    assert len(sent) == 2


def test_without_a_broker_it_is_said_that_nothing_was_begun(
    many: None, as_administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_args: Any, **_options: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("celery.current_app.send_task", unreachable)

    page = search(as_administrator)

    assert "ワーカーに接続できないため、候補を探せません。" in page
    assert duplicate_searches.state_of(RecordType.COMPANY, now=clock.now()) is None
