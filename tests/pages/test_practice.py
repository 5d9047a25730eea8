"""練習用kintoneで試す: step 1 with nothing left to enter, where there is such a kintone."""

from typing import Any

import pytest
from django.test import Client

from hpsync.practice import practice_kintone
from integrations.models import Connection
from tests.builders_crm import make_company
from tests.builders_mapping import make_connection, make_mapping
from tests.pages.reading import Page

FILLED_IN = "/settings/new/?practice=1"


@pytest.fixture
def practice(settings: Any) -> None:
    """`manage.py up` started one."""
    settings.PRACTICE_KINTONE = practice_kintone()


def test_it_is_offered_before_anything_is_set_up(as_administrator: Client, practice: None) -> None:
    assert Page(as_administrator.get("/")).links()["練習用kintoneで試す"] == FILLED_IN

    make_connection()

    assert "練習用kintoneで試す" not in Page(as_administrator.get("/")).links()


def test_everything_is_filled_in_and_the_password_is_not_shown(
    as_administrator: Client, practice: None
) -> None:
    answer = as_administrator.get(FILLED_IN)
    values = Page(answer).values()

    assert (values["name"], values["subdomain"], values["login"]) == (
        "練習用kintone",
        "demo",
        "sync",
    )
    assert [values[f"apps-{number}-app"] for number in range(3)] == ["1", "", ""]
    assert "入力済み（表示できません）" in Page(answer).text("main")
    assert "kintone-demo" not in answer.content.decode()


def test_saved_as_it_came_it_can_log_in(as_administrator: Client, practice: None) -> None:
    values = Page(as_administrator.get(FILLED_IN)).values()

    as_administrator.post("/settings/new/", {**values, "action": "save"})

    assert Connection.objects.get().password == "kintone-demo"


def test_where_there_is_none_nothing_is_offered_or_filled_in(
    as_administrator: Client, settings: Any
) -> None:
    settings.PRACTICE_KINTONE = None

    assert "練習用kintoneで試す" not in Page(as_administrator.get("/")).links()
    assert Page(as_administrator.get(FILLED_IN)).values()["subdomain"] == ""


def test_the_test_offers_the_newest_records_until_somebody_searches(
    as_administrator: Client, practice: None
) -> None:
    mapping = make_mapping(make_connection())
    for number in range(7):
        make_company(name=f"会社{number}", external_id=f"N-{number}")
    address = f"/settings/mappings/{mapping.pk}/test/"

    offered = [text for text in Page(as_administrator.get(address)).links() if "N-" in text]
    searched = [
        text for text in Page(as_administrator.get(address, {"q": "会社1"})).links() if "N-" in text
    ]

    assert offered == [f"会社{number} N-{number}" for number in (6, 5, 4, 3, 2)]
    assert searched == ["会社1 N-1"]


def _records_on(answer: Any) -> list[str]:
    return [text for text in Page(answer).links() if "N-" in text]
