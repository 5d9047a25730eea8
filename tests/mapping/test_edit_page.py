"""Step 2: what the page shows of items, fields and values."""

import pytest

from mapping.rules import specs_of
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import COMPANY_FIELDS, make_mapping
from tests.mapping.step_two import FIELDS, choices, chosen, items_on, post, row_of, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping():
    return make_mapping(form=FIELDS)


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


def test_a_field_that_vanished_stays_visible_with_its_remedy(as_administrator, mapping):
    del mapping.form["properties"]["name"]
    mapping.save()

    page = shown(as_administrator, mapping, "?show=problems")

    assert "name　（kintoneにないフィールド）" in row_of(page, "name")
    assert "フィールドコード「name」は、kintoneで変更または削除されています。" in row_of(
        page, "name"
    )


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


def test_before_the_form_is_read_the_page_asks_for_it(as_administrator):
    mapping = make_mapping(rules={})
    mapping.form = {}
    mapping.save()

    page = shown(as_administrator, mapping)

    assert "kintoneアプリのフィールドをまだ読み込んでいません。" in page
    assert "読み込み</button>" in page


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
