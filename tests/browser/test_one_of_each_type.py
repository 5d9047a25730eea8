"""② and one test push in Chromium, with a field of every type, outside and inside of a table."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from common.types import Kind
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.browser.choosing import choose
from tests.browser.test_three_steps import fill_in_the_connection
from tests.builders_crm import make_company, make_custom_item, make_member
from tests.builders_mapping import form_answer
from tests.mapping.cells import CELLS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

KEY = {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True}
COLOURS = ["赤", "青", "黄"]
SATO = [{"code": "sato", "name": "佐藤 花子"}]
#: What stands for each row of the matrix: the field's settings, the kind of item, its value as a
#: CSV file would have it, and what kintone then holds.
ONE_OF_EACH: dict[str, tuple[dict[str, Any], Kind, Any, Any]] = {
    "SINGLE_LINE_TEXT": ({"maxLength": "20"}, Kind.TEXT, "青葉商事 𠮷", "青葉商事 𠮷"),
    "MULTI_LINE_TEXT": ({}, Kind.LONG_TEXT, "一\r\n二", "一\n二"),
    "RICH_TEXT": ({}, Kind.RICH_TEXT, "<b>太</b>字", "<b>太</b>字"),
    "NUMBER": ({"minValue": "0"}, Kind.TEXT, "￥１，２３４．５００００５", "1234.5"),
    "DATE": ({}, Kind.TEXT, "令和6年1月5日", "2024-01-05"),
    "TIME": ({}, Kind.TEXT, "午後3時5分", "15:05"),
    "DATETIME": ({}, Kind.TEXT, "2024/1/5 9:30", "2024-01-05T00:30:00Z"),
    "RADIO_BUTTON": ({"options": ["はい", "いいえ"]}, Kind.FLAG, True, "はい"),
    "DROP_DOWN": ({"options": COLOURS}, Kind.CHOICE, "青", "青"),
    "CHECK_BOX": ({"options": COLOURS}, Kind.LONG_TEXT, "青\n赤", ["赤", "青"]),
    "MULTI_SELECT": ({"options": COLOURS}, Kind.TEXT, "黄、赤", ["赤", "黄"]),
    "USER_SELECT": ({}, Kind.USER, "sato@example.com", SATO),
    "ORGANIZATION_SELECT": ({}, Kind.TEXT, "sales", [{"code": "sales", "name": "営業部"}]),
    "GROUP_SELECT": ({}, Kind.CHOICE, "everyone", [{"code": "everyone", "name": "全員"}]),
    "LINK WEB": ({"protocol": "WEB"}, Kind.URL, "www.example.co.jp", "https://www.example.co.jp"),
    "LINK MAIL": ({"protocol": "MAIL"}, Kind.EMAIL, "ａ＠example.com", "a@example.com"),
    "LINK CALL": ({"protocol": "CALL"}, Kind.PHONE, "０３ー１２３４", "03-1234"),
    "SINGLE_LINE_TEXT lookup": ({}, Kind.TEXT, "C-1", "C-1"),
    "NUMBER lookup": ({}, Kind.NUMBER, "7.0", "7"),
}


def code_of(name: str) -> str:
    return name.replace(" ", "_").lower()


def label_of(name: str) -> str:
    return f"フィールド{name}"


def fields_with(source: int) -> dict[str, dict[str, Any]]:
    """A field of every type; its lookups look into `source`."""
    fields: dict[str, dict[str, Any]] = {}
    for name, (settings, *_rest) in ONE_OF_EACH.items():
        type_, _, more = name.partition(" ")
        fields[code_of(name)] = {"type": type_, "label": label_of(name), **settings}
        if more == "lookup":
            fields[code_of(name)]["lookup"] = {
                "relatedApp": {"app": str(source), "code": ""},
                "relatedKeyField": "number" if type_ == "NUMBER" else "code",
                "fieldMappings": [],
                "lookupPickerFields": [],
                "filterCond": "",
                "sort": "",
            }
    return fields


@pytest.fixture
def app(kintone: Any) -> int:
    """An app with a field of every type, and a table with a column of every type."""
    source = kintone.add_app(
        "会社マスター", {"code": KEY, "number": {"type": "NUMBER", "unique": True}}
    )
    kintone.add_records(source, [{"code": "C-1", "number": "7"}])
    fields = fields_with(source)
    table = {"type": "SUBTABLE", "label": "明細", "fields": fields}
    return int(
        kintone.add_app("全種類", form_answer({"key": KEY, **fields, "t": table})["properties"])
    )


def test_every_type_of_field_has_its_place_here():
    assert set(ONE_OF_EACH) == {*CELLS, "SINGLE_LINE_TEXT lookup", "NUMBER lookup"}


def test_a_mapping_with_one_of_each_type_is_made_and_its_record_arrives(
    page: "Page", kintone: Any, app: int
) -> None:
    make_member(name="佐藤花子", email="sato@example.com", login="sato")
    values: dict[str, Any] = {"rows": ("一行目", "二行目")}
    make_custom_item("rows", kind=Kind.ROWS, label="行")
    for name, (_settings, kind, value, _held) in ONE_OF_EACH.items():
        for place in ("outside", "inside"):
            key = f"{code_of(name)}_{place}"
            make_custom_item(key, kind=kind, label=f"{name} {place}")
            values[key] = value
    company = make_company(name="株式会社青葉商事", custom=values)

    fill_in_the_connection(page, kintone, app)
    page.get_by_role("button", name="読み込み", exact=True).click()
    page.get_by_role("link", name="会社 → 全種類", exact=True).click()
    choose(page, "external_id", "key")
    page.locator('input[name="key"][value="external_id"]').check()
    for name in ONE_OF_EACH:
        code = code_of(name)
        choose(page, f"custom.{code}_outside", code)
        if name != "SINGLE_LINE_TEXT":
            choose(page, f"custom.{code}_inside", f"t.{code}")
    choose(page, "custom.rows", "t.single_line_text")
    page.get_by_role("button", name="マッピングを保存").click()
    page.get_by_text("マッピングを保存しました。").wait_for()
    assert len(specs_of(Mapping.objects.get())) == 2 * len(ONE_OF_EACH) + 1
    assert page.locator(".field-error").count() == 0

    page.get_by_role("button", name="保存して次へ").click()
    page.get_by_label("テストする会社").fill("青葉")
    page.get_by_role("button", name="検索").click()
    page.get_by_role("link", name=re.compile("株式会社青葉商事")).click()
    page.get_by_role("button", name="テスト", exact=True).click()
    page.locator("#trial-result").wait_for()
    assert "正常に処理が行われました。" in page.locator("#trial-result").inner_text()

    (record,) = kintone.records(app)
    expected = {code_of(name): held for name, (_s, _k, _v, held) in ONE_OF_EACH.items()}
    assert record["key"] == company.external_id
    assert {code: record[code] for code in expected} == expected
    rows = [{code: cell["value"] for code, cell in row["value"].items()} for row in record["t"]]
    assert rows == [
        {**expected, "single_line_text": "一行目"},
        {**expected, "single_line_text": "二行目"},
    ]
