"""Step 2: choose fields for items and save, or read the form again."""

import pytest
from django.urls import reverse

from mapping.rules import specs_of
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_mapping import make_connection, make_mapping
from tests.mapping.step_two import FIELDS, address, choices, chosen, items_on, post, row_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping():
    return make_mapping(form=FIELDS)


def test_choosing_and_saving_makes_rules(as_administrator, mapping):
    answer = post(
        as_administrator,
        mapping,
        item=["corporate_number", "name", "tags", "zip"],
        key="corporate_number",
        **{"to:corporate_number": "corporate_number", "to:name": "name", "to:tags": "tags.tag"},
    )

    assert (answer.status_code, answer["Location"]) == (302, address(mapping))
    assert specs_of(mapping) == [
        RuleSpec(field="corporate_number", source="corporate_number"),
        RuleSpec(field="name", source="name"),
        RuleSpec(field="tag", table="tags", source="tags"),
    ]
    assert "マッピングを保存しました。" in shown(as_administrator, mapping)


def test_saving_a_part_of_the_items_leaves_the_others_as_they_were(as_administrator, mapping):
    query = "?show=unmapped&q=%E3%83%A1%E3%83%A2"
    page = shown(as_administrator, mapping, query)
    assert items_on(page) == ["note"]

    answer = post(as_administrator, mapping, query, item="note", **{"to:note": "note"})

    assert answer["Location"] == address(mapping, query)
    assert {rule.source for rule in specs_of(mapping)} == {"corporate_number", "name", "note"}
    mapping.refresh_from_db()
    assert mapping.update_key == "corporate_number"


def test_two_items_on_one_field_are_refused_beside_their_rows_and_stay_chosen(
    as_administrator, mapping
):
    answer = post(
        as_administrator,
        mapping,
        **{**chosen(mapping), "item": ["corporate_number", "name", "zip"], "to:zip": "name"},
    )
    page = answer.content.decode()

    assert answer.status_code == 422
    assert "<title>エラー：" in page
    for item in ("name", "zip"):
        assert '<option value="name" selected>' in row_of(page, item)
        assert "「会社名」を、1つの項目だけに設定してください。" in row_of(page, item)
    assert len(specs_of(mapping)) == 2


def test_a_refusal_leads_to_the_first_row_concerned(as_administrator, mapping):
    given = {**chosen(mapping), "item": ["corporate_number", "name", "zip"], "to:zip": "name"}

    page = post(as_administrator, mapping, **given).content.decode()

    assert "data-focus autofocus" in row_of(page, "name")
    assert page.count("data-focus") == 1


def test_without_an_update_key_nothing_is_saved(as_administrator, mapping):
    given = chosen(mapping)
    del given["key"]

    answer = post(as_administrator, mapping, **given)

    assert answer.status_code == 422
    assert "更新キーを選択していません" in answer.content.decode()
    mapping.refresh_from_db()
    assert mapping.update_key == "corporate_number"


def test_a_field_that_cannot_be_the_key_is_refused_beside_its_row(as_administrator, mapping):
    answer = post(as_administrator, mapping, **{**chosen(mapping), "key": "name"})

    assert answer.status_code == 422
    assert "［値の重複を禁止する］を設定してください。" in row_of(answer.content.decode(), "name")


def test_an_app_without_any_unique_field_says_what_to_do_in_kintone(as_administrator):
    mapping = make_mapping(form={"name": {"type": "SINGLE_LINE_TEXT"}}, rules={})
    given = {"item": "name", "to:name": "name"}

    answer = post(as_administrator, mapping, **given)

    assert answer.status_code == 422
    assert "更新キーにできるフィールドがありません" in answer.content.decode()


def test_value_table_and_empty_rule_are_kept_and_shown_again(as_administrator, mapping):
    given = {
        **chosen(mapping),
        "item": ["corporate_number", "name", "business_category_kbn"],
        "to:business_category_kbn": "industry",
        "values:business_category_kbn": "情報・通信業 → IT\n\n卸売業=>小売業",
        "empty:business_category_kbn": "fixed",
        "empty_value:business_category_kbn": "製造業",
    }

    post(as_administrator, mapping, **given)

    rule = specs_of(mapping)[-1]
    assert rule.values == {"情報・通信業": "IT", "卸売業": "小売業"}
    assert (rule.empty, rule.empty_value) == (WhenEmpty.FIXED, "製造業")
    assert "卸売業 → 小売業</textarea>" in shown(as_administrator, mapping)


def test_the_rows_of_a_table_are_kept_where_that_is_chosen(as_administrator, mapping):
    given = {
        **chosen(mapping),
        "item": ["corporate_number", "name", "tags"],
        "to:tags": "tags.tag",
        "rows:tags": "keep",
    }

    post(as_administrator, mapping, **given)

    assert specs_of(mapping)[-1].keep_rows
    page = shown(as_administrator, mapping)
    assert '<option value="keep" selected>同じ内容の行を維持する' in row_of(page, "tags")
    assert "テーブルの同じ内容の行を維持します" in page
    assert "テーブルの行はすべて置き換わります" not in page
    del given["rows:tags"]  # a page that shows no details leaves them as they are
    post(as_administrator, mapping, **given)
    assert specs_of(mapping)[-1].keep_rows
    post(as_administrator, mapping, **given, **{"rows:tags": "replace"})
    assert not specs_of(mapping)[-1].keep_rows
    assert "テーブルの行はすべて置き換わります" in shown(as_administrator, mapping)


def test_a_value_table_that_cannot_be_read_is_refused_and_kept_as_typed(as_administrator, mapping):
    given = {**chosen(mapping), "values:name": "青葉 は みどり"}

    answer = post(as_administrator, mapping, **given)

    assert answer.status_code == 422
    assert "「青葉 は みどり」の行を" in row_of(answer.content.decode(), "name")
    assert "青葉 は みどり</textarea>" in answer.content.decode()


def test_required_fields_without_an_item_take_a_fixed_value(as_administrator, mapping):
    assert "顧客ランク（rank）（ドロップダウン）" in shown(as_administrator, mapping)

    post(
        as_administrator,
        mapping,
        **chosen(mapping),
        **{"other": "rank", "other_kind:rank": "fixed", "other_text:rank": "B"},
    )

    assert RuleSpec(field="rank", fixed="B") in specs_of(mapping)
    assert "必須フィールドに連携する項目がありません" not in shown(as_administrator, mapping)


def test_a_fixed_value_that_is_no_option_is_refused_beside_its_field(as_administrator, mapping):
    answer = post(
        as_administrator,
        mapping,
        **chosen(mapping),
        **{"other": "rank", "other_kind:rank": "fixed", "other_text:rank": "Z"},
    )

    assert answer.status_code == 422
    assert "「Z」は、ドロップダウン「顧客ランク」の選択肢にありません。" in answer.content.decode()


def test_templates_can_be_added_and_removed_again(as_administrator, mapping):
    new = {"new_field": "note", "new_kind": "template", "new_text": "{zip} {address}"}
    post(as_administrator, mapping, **chosen(mapping), **new)
    assert RuleSpec(field="note", template="{zip} {address}") in specs_of(mapping)

    post(
        as_administrator,
        mapping,
        item=["corporate_number", "name"],
        key="corporate_number",
        **{"to:corporate_number": "corporate_number", "to:name": "name"},
        **{"other": "note", "other_kind:note": "template", "other_text:note": ""},
    )
    assert len(specs_of(mapping)) == 2


def test_tables_are_said_to_be_replaced(as_administrator, mapping):
    post(
        as_administrator,
        mapping,
        **{**chosen(mapping), "item": ["corporate_number", "name", "tags"], "to:tags": "tags.tag"},
    )

    assert "kintoneで追加した行は失われます。" in shown(as_administrator, mapping)


class TestReload:
    @pytest.fixture
    def app(self, kintone):
        fields = {
            "corporate_number": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "name": {"type": "SINGLE_LINE_TEXT"},
            "new_field": {"type": "SINGLE_LINE_TEXT"},
        }
        return kintone.add_app("新しい名前", fields)

    @pytest.fixture
    def mapping(self, kintone, app):
        connection = make_connection(login=kintone.login, password=kintone.password)
        return make_mapping(connection, app=app)

    def test_it_reads_the_form_and_says_what_changed(self, as_administrator, mapping):
        answer = as_administrator.post(
            address(mapping), {**chosen(mapping), "action": "load"}, follow=True
        )
        page = answer.content.decode()

        assert "読み込みに成功しました。" in page
        assert "追加されたフィールド：new_field" in page
        assert "new_field" in choices(row_of(page, "zip"))

    def test_what_was_chosen_and_not_saved_stays_chosen(self, as_administrator, mapping):
        given = {**chosen(mapping), "item": ["corporate_number", "name", "zip"], "to:name": ""}

        page = post(
            as_administrator, mapping, action="load", **{**given, "to:zip": "name"}
        ).content.decode()

        assert '<option value="name" selected>' in row_of(page, "zip")
        assert {rule.source for rule in specs_of(mapping)} == {"corporate_number", "name"}

    def test_a_failure_says_why(self, as_administrator, mapping, kintone):
        kintone.change_password("another")

        answer = as_administrator.post(
            address(mapping), {**chosen(mapping), "action": "load"}, follow=True
        )
        page = answer.content.decode()

        assert "読み込みに失敗しました。kintoneにログインできません。" in page
        assert kintone.password not in page


def test_ordinary_users_and_strangers_are_refused(as_general, as_stranger, mapping):
    assert as_general.get(address(mapping)).status_code == 403
    assert as_stranger.get(address(mapping)).status_code == 302
    assert as_general.post(address(mapping), chosen(mapping)).status_code == 403


def test_going_on_saves_first(as_administrator, mapping):
    given = {**chosen(mapping), "item": ["corporate_number", "name", "note"], "to:note": "note"}

    answer = post(as_administrator, mapping, action="next", **given)

    assert answer["Location"] == reverse("jobs:trial", args=[mapping.pk])
    assert "note" in {rule.source for rule in specs_of(mapping)}
