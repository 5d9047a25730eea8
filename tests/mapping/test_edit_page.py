"""Step 2: what the page shows of items, fields and values."""

import gzip

import pytest

from mapping.rules import specs_of
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_companies, make_company, make_custom_item
from tests.builders_mapping import COMPANY_FIELDS, make_mapping
from tests.builders_wide import FIELDS as FIELDS_OF_WIDE
from tests.builders_wide import make_wide_mapping
from tests.mapping.step_two import (
    FIELDS,
    address,
    choices,
    chosen,
    fields_for_script,
    items_on,
    post,
    row_of,
    rows_on,
    shown,
)

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

    assert "kintoneが自動で設定するフィールドです。" not in page.split("<script type=")[0]
    told = fields_for_script(page)
    said = {
        field[0]: told["notes"][note]
        for field, note in zip(told["fields"], told["fits"]["text"], strict=True)
    }
    assert said["total"] == [0, "kintoneが自動で設定するフィールドです。"]
    assert said["files"] == [0, "添付ファイルの連携には対応していません。"]
    assert said["name"] == [1, ""]


def test_all_fields_are_listed_where_that_is_asked_for(as_administrator, mapping):
    assert "?fields=all#fields" in shown(as_administrator, mapping)

    listed = shown(as_administrator, mapping, "?fields=all").partition('id="fields"')[2]

    assert "kintoneが自動で設定するフィールドです。" in listed
    assert "未設定（連携できる項目の種類：" in listed


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
    assert "最新の5件のうち3件がエラーになります。" in industry
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
    [
        ("?show=mapped", {"name", "corporate_number"}),
        ("?q=法人", {"corporate_number"}),
        ("?q=ほうじん　ﾊﾞﾝｺﾞｳ", {"corporate_number"}),
        ("?q=CORPORATE number", {"corporate_number"}),
        ("?show=unmapped&q=会社", {"id", "name_kana", "name_disp"}),
    ],
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

    assert items_on(page) == []
    assert '<div id="no-rows">' in page
    assert '<div id="no-rows" hidden>' in shown(as_administrator, mapping)
    assert "該当する項目はありません。別の条件を試してください。" in page


def test_before_the_form_is_read_the_page_asks_for_it(as_administrator):
    mapping = make_mapping(rules={})
    mapping.form = {}
    mapping.save()

    page = shown(as_administrator, mapping)

    assert "kintoneアプリのフィールドをまだ読み込んでいません。" in page
    assert "読み込み</button>" in page


def test_what_a_filter_hides_is_sent_all_the_same(as_administrator, mapping):
    assert len(rows_on(shown(as_administrator, mapping, "?q=法人"))) == len(
        rows_on(shown(as_administrator, mapping))
    )


def test_the_filters_count_what_they_show(as_administrator, mapping):
    del mapping.form["properties"]["name"]
    mapping.save()

    for show, count in (("all", 29), ("problems", 1), ("unmapped", 27), ("mapped", 2)):
        page = shown(as_administrator, mapping, f"?show={show}")
        tab = page.partition(f'data-show="{show}"')[2].partition("</a>")[0]

        assert f"（{count}）" in tab
        assert 'aria-current="page"' in tab
        assert len(items_on(page)) == count


def test_what_is_wrong_leads_to_its_rows(as_administrator, mapping):
    assert "要確認の項目" not in shown(as_administrator, mapping)
    del mapping.form["properties"]["name"]
    mapping.save()

    page = shown(as_administrator, mapping)

    told = page.partition('id="troubled-heading"')[2].partition("</section>")[0]
    assert "要確認の項目（1個）" in told
    assert f'href="#{identifier_of(row_of(page, "name"))}">会社名</a>' in told


def test_items_without_a_field_are_folded_unless_they_are_asked_for(as_administrator, mapping):
    page = shown(as_administrator, mapping)

    assert '<details class="boxed" id="unmapped">' in page
    assert "未設定の項目（27個）" in page
    assert page.index('id="unmapped"') < page.index('name="item" value="zip"')
    assert page.index('name="item" value="name"') < page.index('id="unmapped"')
    for query in ("?show=unmapped", "?q=郵便"):
        assert '<details class="boxed" id="unmapped" open>' in shown(
            as_administrator, mapping, query
        )


def test_what_people_wrote_is_never_markup(as_administrator):
    evil = "</script><b>&\"'"
    make_custom_item("evil", label=evil)
    make_company(custom={"evil": evil})
    mapping = make_mapping(
        form={**COMPANY_FIELDS, "evil": {"type": "SINGLE_LINE_TEXT", "label": evil}}
    )

    page = shown(as_administrator, mapping)

    assert "<b>" not in page
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in row_of(page, "custom.evil")
    assert evil in fields_for_script(page)["fields"][-1][1]


def identifier_of(row):
    """The id of the row's choice."""
    return row.partition("<select ")[2].partition('id="')[2].partition('"')[0]


class TestWide:
    """A hundred custom items beside the standard ones, two hundred fields."""

    @pytest.fixture
    def mapping(self):
        return make_wide_mapping()

    def test_a_row_carries_its_own_field_alone_and_the_script_each_once(
        self, as_administrator, mapping
    ):
        page = shown(as_administrator, mapping)

        assert choices(row_of(page, "custom.item1")) == ["field1"]
        assert choices(row_of(page, "custom.item99")) == []
        assert len(fields_for_script(page)["fields"]) == FIELDS_OF_WIDE
        assert page.count("<option ") < 400

    def test_without_script_one_row_is_opened_and_the_others_keep_what_was_chosen(
        self, as_administrator, mapping
    ):
        page = shown(as_administrator, mapping)
        assert "選択肢を表示" in row_of(page, "custom.item1")

        answer = post(
            as_administrator,
            mapping,
            open="custom.item99",
            item=["custom.item1", "custom.item99"],
            **{"to:custom.item1": "field11"},
        )
        page = answer.content.decode()

        assert "field99" in choices(row_of(page, "custom.item99"))
        assert "autofocus" in row_of(page, "custom.item99")
        assert "選択肢を表示" not in row_of(page, "custom.item99")
        assert choices(row_of(page, "custom.item1")) == ["field11"]
        assert '<details class="boxed" id="unmapped" open>' in page
        assert RuleSpec(field="field1", source="custom.item1") in specs_of(mapping)

    def test_few_rows_carry_all_their_choices(self, as_administrator, mapping):
        page = shown(as_administrator, mapping, "?q=サポート窓口10")

        assert len(choices(row_of(page, "custom.item99"))) > 50
        assert "選択肢を表示" not in row_of(page, "custom.item99")

    @pytest.mark.parametrize("query", ["", "?show=problems", "?show=unmapped", "?q=契約"])
    def test_it_stays_small_on_the_wire(self, as_administrator, mapping, query):
        answer = as_administrator.get(
            address(mapping, query), headers={"accept-encoding": "gzip, br"}
        )

        assert answer["Content-Encoding"] == "gzip"
        assert len(answer.content) < 150_000 / 3
        assert len(gzip.decompress(answer.content)) < 350_000

    def test_also_before_anything_is_mapped(self, as_administrator, mapping):
        mapping.rules.all().delete()

        answer = as_administrator.get(address(mapping), headers={"accept-encoding": "gzip"})

        assert len(answer.content) < 150_000 / 3

    @pytest.mark.parametrize("query", ["", "?show=problems", "?show=unmapped", "?fields=all"])
    def test_it_costs_the_queries_of_a_small_one(
        self, as_administrator, mapping, query, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(14):
            shown(as_administrator, mapping, query)


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
