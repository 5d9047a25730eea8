"""Step 2 in the browser: choose fields for items, see what becomes of them, save."""

import re

import pytest
from django.urls import reverse

from mapping.rules import specs_of
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import COMPANY_FIELDS, make_connection, make_mapping

pytestmark = pytest.mark.django_db

FIELDS = {
    **COMPANY_FIELDS,
    "total": {"type": "CALC", "label": "合計"},
    "files": {"type": "FILE", "label": "添付"},
    "rank": {
        "type": "DROP_DOWN",
        "label": "顧客ランク",
        "options": ["A", "B"],
        "required": True,
    },
    "tags": {
        "type": "SUBTABLE",
        "label": "タグ一覧",
        "fields": {"tag": {"type": "SINGLE_LINE_TEXT"}},
    },
}


@pytest.fixture
def mapping():
    return make_mapping(form=FIELDS)


def address(mapping, query=""):
    return reverse("mapping:edit", args=[mapping.pk]) + query


def shown(client, mapping, query=""):
    answer = client.get(address(mapping, query))
    assert answer.status_code == 200
    return answer.content.decode()


def row_of(page, item):
    """The HTML of one item's row."""
    rows = re.findall(r'<tr role="row" id="row-.*?</tr>', page, flags=re.DOTALL)
    (found,) = [row for row in rows if f'name="item" value="{item}"' in row]
    return found


def items_on(page):
    return re.findall(r'name="item" value="([^"]+)"', page)


def choices(row):
    return re.findall(r'<option value="([^"]+)"', row.split("</select>")[0])


def post(client, mapping, query="", **data):
    return client.post(address(mapping, query), data)


def chosen(mapping):
    """What the page of this mapping sends when nothing was touched, but for value tables."""
    rules = {f"to:{rule.source}": rule.field for rule in specs_of(mapping)}
    key = next(rule.source for rule in specs_of(mapping) if rule.field == mapping.update_key)
    return {"item": [rule.source for rule in specs_of(mapping)], "key": key, **rules}


def test_an_item_is_offered_the_fields_that_fit_it_and_no_others(as_administrator, mapping):
    page = shown(as_administrator, mapping)

    assert set(choices(row_of(page, "note"))) >= {"name", "note"}
    assert "total" not in choices(row_of(page, "name"))
    assert "files" not in choices(row_of(page, "name"))
    assert choices(row_of(page, "main_tel")).count("tel") == 1
    assert "tel" not in choices(row_of(page, "url"))
    assert "tags.tag" in choices(row_of(page, "tags"))


def test_what_cannot_be_chosen_is_listed_with_the_reason(as_administrator, mapping):
    page = shown(as_administrator, mapping)

    assert "kintoneが自動で設定するフィールドです。" in page
    assert "添付ファイルの連携には対応していません。" in page


def test_a_field_is_described_in_kintones_words_and_by_who_has_it(as_administrator, mapping):
    page = shown(as_administrator, mapping)

    assert "会社名（name）　文字列（1行）　必須" in row_of(page, "name")
    assert "法人番号（corporate_number）　文字列（1行）　重複禁止　（「法人番号」に設定済み）" in (
        row_of(page, "zip")
    )


def test_the_update_key_is_offered_only_where_it_can_be_one(as_administrator):
    mapping = make_mapping(
        form={"number": {"type": "NUMBER", "unique": True}, "name": {"type": "SINGLE_LINE_TEXT"}},
        rules={"number": "corporate_number"},
        update_key="number",
    )

    page = shown(as_administrator, mapping)

    assert 'name="key" value="corporate_number" checked' in page
    assert 'name="key"' not in row_of(page, "main_tel")


def test_samples_show_real_values_before_and_after(as_administrator, mapping):
    specs = [*specs_of(mapping), RuleSpec(field="industry", source="business_category_kbn")]
    make_company(name="古い会社")
    make_companies(3, business_category_kbn="林業", note="一行目\n二行目")
    make_company(name="新しい会社", url="www.example.co.jp", business_category_kbn="ＩＴ")
    post(
        as_administrator,
        mapping,
        **{
            **chosen(mapping),
            "item": [*(rule.source for rule in specs), "note"],
            "to:business_category_kbn": "industry",
            "to:note": "note",
        },
    )

    page = shown(as_administrator, mapping)
    industry = row_of(page, "business_category_kbn")

    assert "新しい会社" in row_of(page, "name")
    assert "値が選択肢にありません" in industry
    assert "3件が拒否" in industry
    assert "ＩＴ → IT" in industry
    assert "www.example.co.jp" in row_of(page, "url")


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


def test_a_field_that_vanished_stays_visible_with_its_remedy(as_administrator, mapping):
    del mapping.form["properties"]["name"]
    mapping.save()

    page = shown(as_administrator, mapping, "?show=problems")

    assert "name　（kintoneにないフィールド）" in row_of(page, "name")
    assert "フィールドコード「name」は、kintoneで変更または削除されています。" in row_of(
        page, "name"
    )


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


@pytest.mark.parametrize(
    ("query", "items"),
    [("?show=mapped", {"name", "corporate_number"}), ("?q=法人", {"corporate_number"})],
)
def test_rows_are_filtered_and_searched(as_administrator, mapping, query, items):
    assert set(items_on(shown(as_administrator, mapping, query))) == items


def test_the_search_finds_items_by_the_field_they_fill(as_administrator):
    mapping = make_mapping(
        form={**COMPANY_FIELDS, "gyoshu": {"type": "SINGLE_LINE_TEXT", "label": "分野"}},
        rules={"corporate_number": "corporate_number", "gyoshu": "business_category_kbn"},
    )

    assert items_on(shown(as_administrator, mapping, "?q=gyoshu")) == ["business_category_kbn"]


def test_a_search_without_a_match_leads_back_to_all(as_administrator, mapping):
    page = shown(as_administrator, mapping, "?q=ないもの")

    assert "該当する項目はありません。別の条件を試してください。" in page


def test_tables_are_said_to_be_replaced(as_administrator, mapping):
    post(
        as_administrator,
        mapping,
        **{**chosen(mapping), "item": ["corporate_number", "name", "tags"], "to:tags": "tags.tag"},
    )

    assert "kintoneで追加した行は失われます。" in shown(as_administrator, mapping)


def test_before_the_form_is_read_the_page_asks_for_it(as_administrator):
    mapping = make_mapping(rules={})
    mapping.form = {}
    mapping.save()

    page = shown(as_administrator, mapping)

    assert "kintoneアプリのフィールドをまだ読み込んでいません。" in page
    assert "読み込み</button>" in page


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


def test_the_page_costs_the_same_queries_whatever_the_numbers(
    as_administrator, django_assert_max_num_queries
):
    form = {"key": {"type": "SINGLE_LINE_TEXT", "unique": True}} | {
        f"f{number}": {"type": "SINGLE_LINE_TEXT"} for number in range(120)
    }
    mapping = make_mapping(
        form=form, rules={"key": "corporate_number", "f1": "name"}, update_key="key"
    )
    make_companies(40, tags=["a", "b"])

    with django_assert_max_num_queries(14):
        shown(as_administrator, mapping)


def test_ordinary_users_and_strangers_are_refused(as_general, as_stranger, mapping):
    assert as_general.get(address(mapping)).status_code == 403
    assert as_stranger.get(address(mapping)).status_code == 302
    assert as_general.post(address(mapping), chosen(mapping)).status_code == 403


def test_going_on_saves_first(as_administrator, mapping):
    given = {**chosen(mapping), "item": ["corporate_number", "name", "note"], "to:note": "note"}

    answer = post(as_administrator, mapping, action="next", **given)

    assert answer["Location"] == reverse("jobs:trial", args=[mapping.pk])
    assert "note" in {rule.source for rule in specs_of(mapping)}
