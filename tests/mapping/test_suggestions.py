"""What is proposed for a field, and what is not: by words, by values, one to one."""

from decimal import Decimal

import pytest

from common.types import ItemValues, Kind, UserRef
from mapping.rulespec import RuleSpec
from mapping.suggestions import Doubt
from tests.mapping.suggesting import (
    CALL,
    DATE,
    KEY,
    MAIL,
    MEMO,
    NUMBER,
    TEXT,
    USER,
    WEB,
    choice,
    chosen,
    doubts,
    for_label,
    proposed,
    ticked,
)


@pytest.mark.parametrize(
    ("record_type", "label", "field", "item"),
    [
        ("company", "会社名", TEXT, "name"),
        ("company", "取引先名称", TEXT, "name"),
        ("company", "社名", TEXT, "name"),
        ("company", "1. 会社名（必須）", TEXT, "name"),
        ("company", "会社名フリガナ", TEXT, "name_kana"),
        ("company", "ふりがな", TEXT, "name_kana"),
        ("company", "かいしゃめい", TEXT, "name"),
        ("company", "ＴＥＬ", CALL, "main_tel"),
        ("company", "本社所在地", TEXT, "address"),
        ("company", "〒", TEXT, "zip"),
        ("company", "ホームページ", WEB, "url"),
        ("company", "年商", TEXT, "sales_last_year"),
        ("company", "担当者（自社）", USER, "owner"),
        ("company", "担当者", USER, "owner"),
        ("company", "弊社担当", TEXT, "owner.name"),
        ("company", "備考", MEMO, "note"),
        ("department", "部門名称", TEXT, "name"),
        ("department", "上位部署名", TEXT, "parent.name"),
        ("department", "取引先コード", TEXT, "company.external_id"),
        ("department", "会社住所", TEXT, "company.address"),
        ("lead", "担当者名", TEXT, "name"),
        ("lead", "ご担当者様名", TEXT, "name"),
        ("lead", "会社名", TEXT, "company.name"),
        ("lead", "所属部署", TEXT, "department.name"),
        ("lead", "肩書き", TEXT, "post"),
        ("lead", "メール", MAIL, "email"),
        ("lead", "携帯メール", MAIL, "mobile_email"),
        ("lead", "代表電話", CALL, "company.main_tel"),
        ("lead", "名", TEXT, "first_name"),
        ("lead", "セイ", TEXT, "family_name_kana"),
        ("lead", "業種", TEXT, "company.business_category_kbn"),
        ("lead", "Job Title", TEXT, "post"),
        ("lead", "E-mail Address", MAIL, "email"),
        ("lead", "Account Name", TEXT, "company.name"),
    ],
)
def test_a_field_is_filled_by_the_item_that_its_label_means(record_type, label, field, item):
    assert for_label(record_type, label, field) == item


@pytest.mark.parametrize(
    "code",
    ["jusho", "jyuusyo", "juusho", "zyuusyo", "jusho_1", "kaisha_jusho", "kaishajusho", "address"],
)
def test_a_code_in_latin_letters_is_read_in_every_spelling(code):
    assert ticked(proposed("company", {code: TEXT})) == {code: "address"}


@pytest.mark.parametrize(
    ("record_type", "label", "field"),
    [
        ("company", "請求先住所", TEXT),
        ("company", "旧TEL", CALL),
        ("company", "担当者名", TEXT),
        ("company", "先方担当者メール", MAIL),
        ("company", "代表者名", TEXT),
        ("company", "最終訪問日", DATE),
        ("company", "取引先区分", TEXT),
        ("company", "社内備考", MEMO),
        ("company", "営業担当部署", TEXT),
        ("company", "従業員名", TEXT),
        ("company", "商品コード", TEXT),
        ("company", "売上（百万円）", NUMBER),
        ("department", "部署直通電話", CALL),
        ("department", "電話番号", CALL),
        ("department", "親会社名", TEXT),
        ("lead", "上司氏名", TEXT),
        ("lead", "紹介者名", TEXT),
        ("lead", "自宅電話", CALL),
        ("lead", "住所2", TEXT),
        ("lead", "商談ステータス", TEXT),
        ("lead", "顧客名", TEXT),
        ("lead", "会社名・部署名", TEXT),
    ],
)
def test_a_field_for_another_value_is_not_taken_by_itself(record_type, label, field):
    assert for_label(record_type, label, field) == ""


def test_what_is_not_fully_understood_is_offered_and_not_ticked():
    made = proposed("lead", {"a": {"label": "住所（町名まで）", **TEXT}})

    assert chosen(made) == {"a": "address"}
    assert doubts(made, "a") == (Doubt.NOT_ALL_READ,)


def test_a_code_alone_speaks_only_where_the_label_says_nothing():
    made = proposed("company", {"tel": {"label": "項目3", **CALL}, "url": {"label": "採用", **WEB}})

    assert doubts(made, "tel") == (Doubt.ONLY_CODE,)
    assert ticked(made) == {}


def test_a_code_that_says_something_else_makes_it_doubtful():
    made = proposed("company", {"kyu_tel": {"label": "TEL", **CALL}})

    assert doubts(made, "kyu_tel") == (Doubt.CODE_DIFFERS,)


def test_codes_that_kintone_made_up_say_nothing():
    made = proposed("company", {"日付": {"label": "会社名", **TEXT}, "文字列__1行__2": TEXT})

    assert ticked(made) == {"日付": "name"}


def test_a_field_of_our_own_kind_is_found_by_the_words_of_a_custom_item():
    custom = [("rank", "顧客ランク", Kind.CHOICE), ("seikyu", "請求先住所", Kind.TEXT)]
    fields = {
        "r": {"label": "ランク", **choice("A", "B")},
        "s": {"label": "請求先住所", **TEXT},
        "t": {"label": "納品先住所", **TEXT},
    }

    made = proposed("company", fields, custom=custom)

    assert chosen(made) == {"r": "custom.rank", "s": "custom.seikyu"}


def test_a_label_that_no_word_explains_must_be_the_same_letter_by_letter():
    custom = [("on", "契約日", Kind.DATE)]

    assert ticked(proposed("company", {"契約日": DATE}, custom=custom)) == {"契約日": "custom.on"}
    assert ticked(proposed("company", {"契約日（基本）": DATE}, custom=custom)) == {}
    assert ticked(proposed("company", {"公式契約日": DATE}, custom=custom)) == {}


def test_what_an_app_calls_its_records_is_learned_from_its_key():
    made = proposed("company", {"施設コード": KEY, "施設名": TEXT, "施設名カナ": TEXT})

    assert chosen(made) == {
        "施設コード": "external_id",
        "施設名": "name",
        "施設名カナ": "name_kana",
    }
    assert ticked(made) == {}


class TestOneToOne:
    def test_each_item_and_each_field_is_proposed_once(self):
        fields = {"住所": TEXT, "会社住所": TEXT, "電話番号": TEXT, "会社電話番号": TEXT}

        made = proposed("lead", fields)

        assert ticked(made) == {
            "住所": "address",
            "会社住所": "company.address",
            "電話番号": "tel",
            "会社電話番号": "company.main_tel",
        }

    def test_the_whole_counts_not_the_first_that_comes(self):
        # 顧客名 could be either; 氏名 can be the name alone.
        made = proposed("lead", {"顧客名": TEXT, "氏名": TEXT})

        assert chosen(made) == {"顧客名": "company.name", "氏名": "name"}

    def test_two_fields_that_suit_one_item_alike_leave_it_to_the_person(self):
        made = proposed("company", {"電話": TEXT, "TEL": TEXT})

        assert len(made.rules) == 1
        assert doubts(made, made.rules[0].path) == (Doubt.SEVERAL_FIELDS,)

    def test_what_is_mapped_already_is_left_alone(self):
        rules = [RuleSpec(field="会社名", source="name_disp"), RuleSpec(field="a", source="zip")]

        made = proposed(
            "company", {"会社名": TEXT, "略称": TEXT, "郵便番号": TEXT, "a": TEXT}, rules=rules
        )

        assert chosen(made) == {}

    def test_a_first_name_is_told_from_a_name_by_the_field_beside_it(self):
        alone = proposed("lead", {"名前": TEXT})
        beside = proposed("lead", {"苗字": TEXT, "名前": TEXT})

        assert chosen(alone) == {"名前": "name"}
        assert chosen(beside) == {"苗字": "family_name", "名前": "first_name"}
        assert "名前" not in ticked(beside)


class TestKinds:
    def test_only_fields_that_can_hold_the_item_are_proposed(self):
        fields = {
            "会社名": {"type": "CALC"},
            "URL": {"type": "DATE"},
            "電話番号": {"type": "SINGLE_LINE_TEXT", "expression": "a & b"},
            "備考": {"type": "FILE"},
        }

        assert chosen(proposed("company", fields)) == {}

    def test_a_list_of_options_takes_the_choice_and_a_memo_the_long_text(self):
        label = {"label": "リードソース"}

        as_choice = proposed("lead", {"a": {**label, **choice("展示会", "紹介")}})
        as_memo = proposed("lead", {"a": {**label, **MEMO}})

        assert chosen(as_choice) == {"a": "lead_source_kbn"}
        assert chosen(as_memo) == {"a": "lead_source"}

    def test_a_corporate_number_in_a_number_field_waits_for_a_person(self):
        values = [{"corporate_number": "4999901000011"}]

        made = proposed("company", {"法人番号": NUMBER}, values=values)

        assert doubts(made, "法人番号") == (Doubt.THIRTEEN_DIGITS,)

    def test_a_switch_without_words_for_on_waits_for_a_person(self):
        made = proposed("lead", {"重要顧客": choice("松", "竹")})

        assert doubts(made, "重要顧客") == (Doubt.FLAG_NEEDS_VALUES,)

    def test_several_values_in_one_field_and_a_time_that_is_cut_wait_for_a_person(self):
        made = proposed("lead", {"タグ": TEXT, "登録日": DATE, "競合": TEXT})

        assert doubts(made, "タグ") == (Doubt.JOINED,)
        assert doubts(made, "登録日") == (Doubt.MAY_LOSE,)
        assert doubts(made, "競合") == (Doubt.FLAG_WORDS,)

    def test_words_are_no_logins(self):
        assert chosen(proposed("company", {"営業担当": USER})) == {"営業担当": "owner"}
        assert chosen(proposed("company", {"営業担当者メール": USER})) == {}

    def test_a_table_waits_for_a_person_because_its_rows_are_replaced(self):
        table = {"type": "SUBTABLE", "fields": {"部署名": TEXT, "部署コード": TEXT, "役割": TEXT}}

        made = proposed("company", {"部署一覧": table})

        assert chosen(made) == {
            "部署一覧.部署名": "departments.name",
            "部署一覧.部署コード": "departments.external_id",
        }
        assert ticked(made) == {}

    def test_departments_do_not_go_into_a_single_field(self):
        assert chosen(proposed("company", {"部署名": TEXT})) == {}


class TestLookups:
    @staticmethod
    def lookup(key, **more):
        given = {"relatedApp": {"app": "1"}, "relatedKeyField": key, "fieldMappings": []}
        return {"type": "SINGLE_LINE_TEXT", "lookup": given, **more}

    def test_a_lookup_takes_what_the_field_looked_up_holds(self):
        assert ticked(proposed("lead", {"会社": self.lookup("会社ID")})) == {
            "会社": "company.external_id"
        }

    def test_a_lookup_whose_label_says_something_else_waits_for_a_person(self):
        made = proposed("lead", {"会社名": self.lookup("会社ID")})

        assert chosen(made) == {"会社名": "company.external_id"}
        assert doubts(made, "会社名") == (Doubt.LOOKUP_KEY_DIFFERS,)

    def test_a_lookup_that_we_may_not_see_waits_for_a_person(self):
        made = proposed("lead", {"会社ID": {"type": "SINGLE_LINE_TEXT", "lookup": None}})

        assert doubts(made, "会社ID") == (Doubt.LOOKUP_UNSEEN,)

    def test_what_a_lookup_fills_is_not_proposed(self):
        lookup = self.lookup("会社ID")
        lookup["lookup"]["fieldMappings"] = [{"field": "会社名"}]

        made = proposed("lead", {"会社ID": lookup, "会社名": TEXT})

        assert chosen(made) == {"会社ID": "company.external_id"}


class TestValues:
    def test_values_that_would_be_refused_leave_it_to_the_person(self):
        values = [{"business_category_kbn": "製造業"}, {"business_category_kbn": "林業"}]

        made = proposed("company", {"業種": choice("製造業", "IT")}, values=values)

        assert doubts(made, "業種") == (Doubt.SOME_REFUSED,)

    def test_options_that_are_all_others_can_be_replaced_by_a_table(self):
        made = proposed(
            "company",
            {"業種": choice("製造業", "IT")},
            values=[{"business_category_kbn": "林業"}],
        )

        assert doubts(made, "業種") == (Doubt.ALL_REFUSED,)

    def test_a_field_that_refuses_every_value_is_not_proposed(self):
        values = [{"sales_last_year": "約12億円"}, {"sales_last_year": "非公開"}]

        assert chosen(proposed("company", {"年商": NUMBER}, values=values)) == {}

    def test_an_item_that_is_never_filled_waits_for_a_person(self):
        values: list[ItemValues] = [{"name": f"会社{n}", "url": ""} for n in range(5)]

        made = proposed("company", {"会社名": TEXT, "URL": WEB}, values=values)

        assert doubts(made, "URL") == (Doubt.ALL_EMPTY,)
        assert ticked(made) == {"会社名": "name"}

    def test_text_that_must_be_read_as_a_number_waits_until_values_show_that_it_can(self):
        fields = {"年商": NUMBER}

        untried = proposed("company", fields)
        tried = proposed("company", fields, values=[{"sales_last_year": "1,200"}])

        assert doubts(untried, "年商") == (Doubt.UNTRIED,)
        assert ticked(tried) == {"年商": "sales_last_year"}

    def test_line_breaks_that_a_field_would_lose_wait_for_a_person(self):
        one_line = proposed("company", {"備考": TEXT}, values=[{"note": "一行"}])
        lines = proposed("company", {"備考": TEXT}, values=[{"note": "一行\n二行"}])

        assert doubts(one_line, "備考") == ()
        assert doubts(lines, "備考") == (Doubt.MAY_LOSE,)

    def test_options_that_hold_every_value_speak_where_the_label_says_nothing(self):
        values = [{"ipo_kbn": "上場"}, {"ipo_kbn": "非上場"}]

        made = proposed(
            "company", {"x": {"label": "甲", **choice("上場", "非上場")}}, values=values
        )

        assert chosen(made) == {"x": "ipo_kbn"}
        assert doubts(made, "x") == (Doubt.ONLY_OPTIONS,)

    def test_our_own_number_stands_in_where_rows_came_without_an_id(self):
        values: list[ItemValues] = [{"id": Decimal(n), "external_id": ""} for n in range(5)]

        made = proposed("company", {"会社ID": KEY}, values=values)

        assert chosen(made) == {"会社ID": "id"}

    def test_a_salesperson_whom_kintone_cannot_know_waits_for_a_person(self):
        unknown = UserRef(name="佐藤", email="", login="")

        made = proposed("company", {"営業担当": USER}, values=[{"owner": unknown}, {"owner": None}])

        assert chosen(made) == {}


class TestTemplates:
    def test_two_values_in_one_field_are_offered_as_a_template(self):
        made = proposed("lead", {"部署・役職": TEXT})

        assert chosen(made) == {"部署・役職": "{department.name} {post}"}
        assert doubts(made, "部署・役職") == (Doubt.TEMPLATE,)

    def test_a_name_that_is_kept_in_two_parts_is_put_together(self):
        custom = [("sei", "担当者姓", Kind.TEXT), ("mei", "担当者下の名前", Kind.TEXT)]

        made = proposed("company", {"担当者名": TEXT}, custom=custom)

        assert chosen(made) == {"担当者名": "{custom.sei} {custom.mei}"}

    def test_prefecture_and_address_stand_without_a_blank(self):
        assert chosen(proposed("company", {"都道府県・住所": TEXT})) == {
            "都道府県・住所": "{pref}{address}"
        }

    def test_a_part_that_nothing_fills_makes_no_template(self):
        assert chosen(proposed("company", {"住所・メール": TEXT})) == {}


class TestUpdateKey:
    @pytest.mark.parametrize(
        ("record_type", "fields", "key"),
        [
            ("company", {"会社ID": KEY, "法人番号": KEY}, "会社ID"),
            ("company", {"会社名": KEY, "法人番号": KEY}, "法人番号"),
            ("department", {"部署コード": KEY}, "部署コード"),
            ("lead", {"リードID": KEY, "メールアドレス": KEY}, "リードID"),
            ("lead", {"メールアドレス": KEY, "氏名": TEXT}, "メールアドレス"),
        ],
    )
    def test_the_unique_field_of_the_best_identifier_is_proposed(self, record_type, fields, key):
        made = proposed(record_type, fields)

        assert made.key is not None
        assert (made.key.path, made.key.is_sure) == (key, True)

    def test_there_is_none_without_a_unique_field_and_none_beside_a_chosen_one(self):
        assert proposed("company", {"会社ID": TEXT}).key is None
        assert proposed("company", {"会社ID": KEY, "k": KEY}, update_key="k").key is None

    def test_a_field_that_is_mapped_already_can_be_it(self):
        rules = [RuleSpec(field="会社ID", source="external_id")]

        made = proposed("company", {"会社ID": KEY}, rules=rules)

        assert made.key is not None
        assert made.key.path == "会社ID"
        assert made.rules == ()

    def test_values_that_are_not_distinct_wait_for_a_person(self):
        values = [{"email": "a@example.com"}, {"email": "a@example.com"}]

        made = proposed("lead", {"メールアドレス": KEY}, values=values)

        assert made.key is not None
        assert made.key.doubts == (Doubt.KEY_NOT_FILLED,)

    def test_a_unique_number_of_another_name_is_offered(self):
        made = proposed("company", {"施設番号": KEY})

        assert chosen(made) == {"施設番号": "external_id"}
        assert made.key is not None
        assert not made.key.is_sure
