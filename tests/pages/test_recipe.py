"""The page of the app to come: read, printed, made in kintone, and then used."""

import csv
import io
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
from mapping.rules import specs_of
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
    assert "自動で再試行" not in page.text()
    mapping = Mapping.objects.get()
    assert mapping.app == 1
    assert page.links()["足りないフィールドの追加"] == f"{address(connection)}#complete"


def complete(client: Client, mapping: Mapping) -> Page:
    given = {"action": "complete", "mapping": str(mapping.pk)}
    return Page(client.post(address(mapping.connection), given, follow=True))


def codes(kintone: Any, mapping: Mapping) -> set[str]:
    return set(kintone.app(mapping.app).definitions)


def half_made(client: Client, kintone: Any, connection: Connection) -> Mapping:
    """An app whose fields were refused, and its mapping."""
    make_department(make_company(business_category_kbn="製造業"))
    kintone.fail(code="CB_VA01", path="form/fields.json", method="POST")
    client.post(address(connection), {"name": "A"})
    return Mapping.objects.get()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_app_that_was_made_without_its_fields_gets_them_by_another_press_in_any_language(
    as_administrator: Client, kintone: Any, connection: Connection, language: str
) -> None:
    mapping = half_made(as_administrator, kintone, connection)
    wanted = {rule.table or rule.field for rule in specs_of(mapping)}
    assert not wanted & codes(kintone, mapping)
    as_administrator.cookies["django_language"] = language
    assert Page(as_administrator.get(address(connection))).has("complete")

    page = complete(as_administrator, mapping)

    assert str(len(wanted)) in page.text()
    assert wanted <= codes(kintone, mapping)
    assert kintone.app(mapping.app).definitions[mapping.update_key]["unique"] is True
    kintone.publish(mapping.app)
    as_administrator.post(reverse("mapping:edit", args=[mapping.pk]), {"action": "load"})
    mapping.refresh_from_db()
    assert [one for one in findings_of(mapping) if one.severity is Severity.ERROR] == []
    assert not Page(as_administrator.get(address(connection))).has("complete")


def test_only_what_is_missing_is_added_and_nothing_twice(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    mapping = half_made(as_administrator, kintone, connection)
    kintone.set_field(mapping.app, "会社名", type="SINGLE_LINE_TEXT", label="手で作った")
    kintone.cut(before_write=False, path="form/fields.json", method="POST")

    page = complete(as_administrator, mapping)

    assert "フィールドを追加できたことを確認できません。" in page.text()
    assert kintone.app(mapping.app).definitions["会社名"]["label"] == "手で作った"
    kintone.forget_requests()
    page = complete(as_administrator, mapping)
    assert "足りないフィールドはありません。" in page.text()
    assert [one.method for one in kintone.requests] == ["GET"]


def test_a_table_without_one_of_its_columns_is_told(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    mapping = half_made(as_administrator, kintone, connection)
    column = {"部署名": {"type": "SINGLE_LINE_TEXT"}}
    kintone.set_field(mapping.app, "部署一覧", type="SUBTABLE", fields=column)

    page = complete(as_administrator, mapping)

    assert "テーブルの列が足りません：部署一覧。" in page.text()


def test_another_connection_s_app_is_not_touched(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    mapping = half_made(as_administrator, kintone, connection)
    other = make_connection()

    given = {"action": "complete", "mapping": str(mapping.pk)}

    assert as_administrator.post(address(other), given).status_code == 404
    for wrong in ("", "x", "9999"):
        answer = as_administrator.post(address(connection), {**given, "mapping": wrong})
        assert answer.status_code == 404


def test_departments_of_a_company_are_rows_of_a_table_in_kintone(
    as_administrator: Client, kintone: Any, connection: Connection
) -> None:
    company = make_company()
    make_department(company, name="営業部")
    make_department(company, name="総務部")

    as_administrator.post(address(connection), {"name": "A"})

    mapping = Mapping.objects.get()
    kintone.publish(mapping.app)
    as_administrator.post(reverse("mapping:edit", args=[mapping.pk]), {"action": "load"})
    mapping.refresh_from_db()
    enabling.enable(mapping, now=clock.now())
    assert outcomes(run_now(mapping, full=True)) == {"created": 1}
    (record,) = kintone.records(mapping.app)
    names = [row["value"]["部署名"]["value"] for row in record["部署一覧"]]
    assert sorted(names) == ["営業部", "総務部"]


def test_the_list_comes_as_csv_too(as_administrator: Client, connection: Connection) -> None:
    make_company(business_category_kbn="=1+1")
    make_company(business_category_kbn="製造業")
    page = Page(as_administrator.get(address(connection) + "?item=business_category_kbn"))

    answer: Any = as_administrator.get(address(connection) + page.links()["CSVをダウンロード"])

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[1][:5] == ["外部ID", "外部ID", "文字列（1行）", "", "はい"]
    assert lines[2][:3] == ["業種", "業種", "ドロップダウン"]
    assert lines[2][5] == "'=1+1\n製造業", "a spreadsheet calculates nothing"
    assert len(lines) == 3


def test_options_stand_in_the_order_in_which_they_came_to_be_used(
    as_administrator: Client, connection: Connection
) -> None:
    for size in ("1〜10名", "501名以上", "11〜50名", "501名以上"):
        make_company(worker_number_kbn=size)

    page = Page(as_administrator.get(address(connection)))

    assert "1〜10名、501名以上、11〜50名" in page.text()


@pytest.mark.parametrize("name", ["", "あ" * 65])
def test_a_name_that_kintone_would_refuse_is_refused_here(
    as_administrator: Client, kintone: Any, connection: Connection, name: str
) -> None:
    page = Page(as_administrator.post(address(connection), {"name": name}, follow=True))

    assert "アプリ名を64文字以内で入力してください。" in page.text()
    assert kintone.requests == []
