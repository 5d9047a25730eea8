"""The page of the app to come: read, printed, made in kintone, and then used."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from integrations.models import Connection
from jobs import enabling, schedules
from mapping.checks import Severity
from mapping.mappings import findings_of
from mapping.models import Mapping
from tests.builders_crm import make_company, make_department, make_lead, make_member
from tests.builders_mapping import make_connection
from tests.flows.conftest import outcomes, run_now
from tests.pages.reading import Page

pytestmark = pytest.mark.usefixtures("as_administrator")


@pytest.fixture
def connection(kintone: Any, db: None) -> Connection:
    """A connection without a mapping."""
    made = make_connection(login=kintone.login, password=kintone.password)
    schedules.ensure(made, now=clock.now())
    return made


def address(connection: Connection, record_type: str = "company") -> str:
    return reverse("jobs:connection-recipe", args=[connection.pk, record_type])


def test_the_fields_of_what_has_values_are_listed_and_nothing_is_asked(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    make_company(business_category_kbn="製造業", url="https://example.com")
    make_company(business_category_kbn="小売業")

    page = Page(as_administrator.get(address(connection)))

    assert "値の重複を禁止する（更新キー）" in page.text()
    assert "製造業" in page.text()
    assert "小売業" in page.text()
    assert "アプリを作成" in page.buttons()
    assert kintone.requests == []


def test_other_items_can_be_chosen(as_administrator: Client, connection: Connection) -> None:
    html = as_administrator.get(address(connection) + "?item=name").content.decode()

    table = html.split("</table>")[0]
    assert "会社名" in table
    assert "郵便番号" not in table
    assert "外部ID" in table, "the key is always among them"


@pytest.mark.parametrize("record_type", ["company", "department", "lead"])
def test_the_app_is_made_published_loaded_and_filled(
    as_administrator: Client, kintone: Any, connection: Connection, record_type: str
) -> None:
    member = make_member(login=kintone.login)
    connection.schedule.sync_user = member
    connection.schedule.save()
    company = make_company(owner=member, tags=["重要"], business_category_kbn="製造業")
    department = make_department(company)
    make_lead(company, department=department, owner=member)

    page = Page(
        as_administrator.post(
            address(connection, record_type), {"name": "新しいアプリ"}, follow=True
        )
    )

    assert "アプリ「新しいアプリ」（アプリID 1）を作成し、マッピングを設定しました。" in page.text()
    mapping = Mapping.objects.get()
    assert (mapping.app, mapping.enabled, mapping.form) == (1, False, {})
    edit = reverse("mapping:edit", args=[mapping.pk])
    unpublished = Page(as_administrator.post(edit, {"action": "load"}, follow=True))
    assert "読み込みに失敗しました" in unpublished.text()

    kintone.publish(mapping.app)
    loaded = Page(as_administrator.post(edit, {"action": "load"}, follow=True))

    assert "読み込みに成功しました。" in loaded.text()
    mapping.refresh_from_db()
    assert [one for one in findings_of(mapping) if one.severity is Severity.ERROR] == []
    enabling.enable(mapping, now=clock.now())
    run = run_now(mapping, full=True)
    assert outcomes(run) == {"created": 1}, list(run.outcomes.values_list("problems", flat=True))


def test_without_a_password_it_can_only_be_printed(as_administrator: Client, db: None) -> None:
    connection = make_connection(login="", password="", tokens="abc")

    page = Page(as_administrator.get(address(connection)))

    assert "アプリを作成" not in page.buttons()
    assert "この一覧を印刷して" in page.text()


def test_where_kintone_says_no_there_is_no_mapping(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    kintone.change_password("anders")

    page = Page(as_administrator.post(address(connection), {"name": "A"}, follow=True))

    assert "アプリを作成できませんでした。kintoneにログインできません。" in page.text()
    assert not Mapping.objects.exists()


def test_where_no_answer_comes_it_is_said_that_the_app_may_be_there_and_none_is_made_twice(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    kintone.cut(before_write=False, path="app.json", method="POST")

    page = Page(as_administrator.post(address(connection), {"name": "A"}, follow=True))

    assert "アプリが作成されたかどうかを確認できません。" in page.text()
    assert len(kintone.domain.apps) == 1
    assert not Mapping.objects.exists()


def test_where_the_fields_are_refused_it_is_said_what_exists(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    kintone.fail(code="CB_VA01", path="form/fields.json", method="POST")

    page = Page(as_administrator.post(address(connection), {"name": "A"}, follow=True))

    assert "アプリ「A」（アプリID 1）を作成しましたが" in page.text()
    assert Mapping.objects.get().app == 1


@pytest.mark.parametrize("name", ["", "あ" * 65])
def test_a_name_that_kintone_would_refuse_is_refused_here(
    as_administrator: Client, kintone: Any, connection: Connection, name: str
) -> None:
    page = Page(as_administrator.post(address(connection), {"name": name}, follow=True))

    assert "アプリ名を64文字以内で入力してください。" in page.text()
    assert kintone.requests == []
