"""Step 2 offers rules: each with a reason, taken by one click, saved only with the mapping."""

import re
from typing import Any

import pytest

from mapping.rules import specs_of
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import COMPANY_FIELDS, make_connection, make_mapping
from tests.mapping.step_two import address, items_on, post, row_of, shown

pytestmark = pytest.mark.django_db

FIELDS: dict[str, dict[str, Any]] = {
    "会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "会社名": {"type": "SINGLE_LINE_TEXT"},
    "TEL": {"type": "LINK", "protocol": "CALL"},
    "業種": {"type": "DROP_DOWN", "options": ["製造業"]},
    "郵便番号・住所": {"type": "SINGLE_LINE_TEXT"},
    "請求先住所": {"type": "SINGLE_LINE_TEXT"},
}


@pytest.fixture
def mapping():
    return make_mapping(form=FIELDS, rules={}, update_key="")


@pytest.fixture
def company():
    return make_company(
        name="株式会社青葉商事",
        main_tel="03-0000-1234",
        business_category_kbn="林業",
        zip="100-0001",
        address="緑町1-2",
    )


def panel_of(page):
    """The HTML of the proposals."""
    found = re.search(r'<section class="panel" id="suggestions".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def proposal(page, field):
    """The HTML of one proposal."""
    rows = re.findall(r"<tr role=\"row\">.*?</tr>", panel_of(page), re.DOTALL)
    (found,) = [row for row in rows if f'name="suggestion" value="{field}"' in row]
    return found


def boxes(page):
    """Field → whether its box is ticked."""
    found = re.findall(r'name="suggest" value="([^"]+)"( checked)?', panel_of(page))
    return {field: bool(checked) for field, checked in found}


def as_sent(page, **more):
    """What the browser sends when the panel is left as it is."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    items = [value for name, value in hidden if name == "item"]
    data: dict[str, object] = {"item": items}
    data["suggestion"] = [value for name, value in hidden if name == "suggestion"]
    data |= {name: value for name, value in hidden if name.startswith(("suggest_", "suggestion_"))}
    data["suggest"] = [field for field, ticked in boxes(page).items() if ticked]
    if key := re.search(r'name="suggest_key" value="([^"]+)" checked', page):
        data["suggest_key"] = key[1]
    for item in items:
        if field := re.search(r'<option value="([^"]+)"[^>]* selected>', row_of(page, item)):
            data[f"to:{item}"] = field[1]
    return data | more


def test_a_new_mapping_begins_with_its_proposals(as_administrator, mapping, company):
    page = shown(as_administrator, mapping)

    assert "連携先の候補（6個）" in page
    assert "<details open>" in panel_of(page)
    assert boxes(page) == {
        "会社ID": True,
        "会社名": True,
        "TEL": True,
        "業種": False,
        "郵便番号・住所": False,
    }
    assert 'name="suggest_key" value="key:会社ID" checked' in page


def test_each_proposal_says_why_what_to_look_at_and_what_would_be_sent(
    as_administrator, mapping, company
):
    page = shown(as_administrator, mapping)

    assert "名前が同じ、サンプルの値も登録できる" in proposal(page, "会社名")
    assert "株式会社青葉商事" in proposal(page, "会社名")
    assert "値の変換表が必要です。" in proposal(page, "業種")
    assert "値が選択肢にありません" in proposal(page, "業種")
    assert "{郵便番号} {住所}" in proposal(page, "郵便番号・住所")
    assert "100-0001 緑町1-2" in proposal(page, "郵便番号・住所")


def test_one_click_takes_all_that_is_ticked_and_saves_nothing(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="take")

    page = post(as_administrator, mapping, **given).content.decode()

    assert "3個の候補を取り入れました。更新キーを選択しました。" in page
    assert '<option value="会社名" selected>' in row_of(page, "name").replace(" data-key", "")
    assert 'value="external_id" checked' in row_of(page, "external_id")
    assert set(boxes(page)) == {"業種", "郵便番号・住所"}
    assert specs_of(mapping) == []


def test_what_was_taken_is_saved_with_the_mapping(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="take")
    given["suggest"] += ["業種", "郵便番号・住所"]
    page = post(as_administrator, mapping, **given).content.decode()

    template = {"other": "郵便番号・住所", "other_kind:郵便番号・住所": "template"}
    text = re.search(r'name="other_text:郵便番号・住所" value="([^"]+)"', page)
    assert text is not None
    post(
        as_administrator,
        mapping,
        **as_sent(page),
        **template,
        **{"key": "external_id", "other_text:郵便番号・住所": text[1]},
    )

    assert sorted(specs_of(mapping), key=lambda spec: spec.field) == [
        RuleSpec(field="TEL", source="main_tel"),
        RuleSpec(field="会社ID", source="external_id"),
        RuleSpec(field="会社名", source="name"),
        RuleSpec(field="業種", source="business_category_kbn"),
        RuleSpec(field="郵便番号・住所", template="{zip} {address}"),
    ]
    mapping.refresh_from_db()
    assert mapping.update_key == "会社ID"


def test_what_is_not_ticked_is_not_taken_and_stays_unticked(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="take") | {"suggest": ["会社ID"]}
    del given["suggest_key"]

    page = post(as_administrator, mapping, **given).content.decode()

    assert "1個の候補を取り入れました。" in page
    assert boxes(page) == {"会社名": False, "TEL": False, "業種": False, "郵便番号・住所": False}
    assert 'name="suggest_key" value="key:会社ID">' in page


def test_what_was_chosen_by_hand_and_not_saved_stays_chosen(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="take")

    page = post(
        as_administrator, mapping, **given, **{"to:name_disp": "会社名", "to:zip": "請求先住所"}
    ).content.decode()

    assert '<option value="会社名" selected>' in row_of(page, "name_disp")
    assert '<option value="請求先住所" selected>' in row_of(page, "zip")
    assert "設定済みのため、取り入れていません：「会社名」。" in page
    assert "2個の候補を取り入れました。" in page


def test_taking_under_a_filter_shows_all_rows_so_that_none_is_lost(
    as_administrator, mapping, company
):
    query = "?q=%E3%83%A1%E3%83%A2"
    page = shown(as_administrator, mapping, query)
    assert items_on(page) == ["note"]

    taken = post(as_administrator, mapping, query, **as_sent(page, action="take")).content.decode()

    assert {"name", "main_tel", "external_id"} <= set(items_on(taken))


def test_nothing_ticked_says_what_to_do(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="take") | {"suggest": []}
    del given["suggest_key"]

    page = post(as_administrator, mapping, **given).content.decode()

    assert "取り入れる候補にチェックを入れてください。" in page


def test_beside_rules_the_proposals_wait_until_they_are_asked_for(as_administrator):
    mapping = make_mapping(form={**COMPANY_FIELDS, "郵便番号": {"type": "SINGLE_LINE_TEXT"}})
    page = shown(as_administrator, mapping)
    assert "連携先の候補（4個）" in panel_of(page)
    assert boxes(page) == {}

    page = post(
        as_administrator,
        mapping,
        action="suggest",
        item=["corporate_number", "name", "address"],
        key="corporate_number",
        **{"to:corporate_number": "corporate_number", "to:name": "name", "to:address": "note"},
    ).content.decode()

    assert "<details open>" in panel_of(page)
    assert {"郵便番号", "tel", "industry"} == set(boxes(page))
    assert "suggest_key" not in page
    assert '<option value="note" selected>' in row_of(page, "address")
    assert len(specs_of(mapping)) == 2


def test_without_anything_to_propose_there_is_no_panel(as_administrator):
    mapping = make_mapping(form={"合計": {"type": "CALC"}}, rules={})

    assert panel_of(shown(as_administrator, mapping)) == ""


def test_saving_that_is_refused_keeps_the_ticks(as_administrator, mapping, company):
    given = as_sent(shown(as_administrator, mapping), action="save") | {
        "suggest": ["業種"],
        "to:zip": "会社名",
        "to:address": "会社名",
    }

    answer = post(as_administrator, mapping, **given)

    assert answer.status_code == 422
    assert boxes(answer.content.decode())["業種"] is True


def test_a_proposal_that_the_form_no_longer_has_is_refused_when_saved_not_before(
    as_administrator, mapping, company
):
    given = as_sent(shown(as_administrator, mapping), action="take")
    del mapping.form["properties"]["TEL"]
    mapping.save()

    page = post(as_administrator, mapping, **given).content.decode()

    assert "フィールドコード「TEL」は、kintoneで変更または削除されています。" in row_of(
        page, "main_tel"
    )


def test_pressing_enter_in_a_field_saves_and_takes_nothing(as_administrator, mapping, company):
    page = shown(as_administrator, mapping)
    form = page[page.index('id="mapping-form"') :]

    assert re.findall(r'<button[^>]*name="action" value="(\w+)"', form)[0] == "save"


def test_the_panel_comes_right_after_the_form_was_read(as_administrator, kintone):
    app = kintone.add_app("顧客リスト", FIELDS)
    connection = make_connection(login=kintone.login, password=kintone.password)
    mapping = make_mapping(connection, app=app, rules={})
    mapping.form = {}
    mapping.save()
    assert panel_of(shown(as_administrator, mapping)) == ""

    page = as_administrator.post(address(mapping), {"action": "load"}, follow=True)

    assert boxes(page.content.decode())["会社名"] is True


def test_proposals_cost_no_further_query(as_administrator, mapping, django_assert_max_num_queries):
    make_companies(40)

    with django_assert_max_num_queries(14):
        shown(as_administrator, mapping)


def test_an_english_reader_sees_the_items_in_english(as_administrator, mapping, company):
    as_administrator.cookies["django_language"] = "en"

    assert "Company name" in proposal(shown(as_administrator, mapping), "会社名")


def test_ordinary_users_can_take_nothing(as_general, mapping):
    assert as_general.post(address(mapping), {"action": "take"}).status_code == 403
