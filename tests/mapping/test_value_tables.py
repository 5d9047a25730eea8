"""What becomes of the values that occur in a field with options."""

from common.types import Kind, UserRef
from mapping.columns import Column
from mapping.rulespec import RuleSpec, WhenEmpty
from mapping.value_tables import Fate, judge, with_values
from tests.builders_mapping import make_field


def column(rule: RuleSpec, *, kind: Kind = Kind.CHOICE, field_type: str = "DROP_DOWN") -> Column:
    target = make_field(field_type, options=["IT", "製造", "小売"])
    return Column.of(rule, target=target, kinds={"item": kind})


def told(found):
    return [(one.value, one.count, one.fate, one.sent, one.guess) for one in found]


def test_each_value_is_told_with_what_becomes_of_it_and_refused_ones_come_first():
    rule = RuleSpec(field="f", source="item", values={"情報・通信業": "IT", "不明": ""})

    found = judge(
        column(rule),
        {"IT": 9, "ＩＴ": 2, "情報・通信業": 5, "不明": 1, "製造業": 3, "金融業": 4},
    )

    assert told(found) == [
        ("金融業", 4, Fate.REFUSED, None, ""),
        ("製造業", 3, Fate.REFUSED, None, "製造"),
        ("情報・通信業", 5, Fate.TABLE, "IT", ""),
        ("不明", 1, Fate.TABLE, None, ""),
        ("ＩＴ", 2, Fate.CONVERTED, "IT", ""),
        ("IT", 9, Fate.OPTION, "IT", ""),
    ]


def test_values_of_items_with_several_are_judged_one_by_one():
    found = judge(
        column(RuleSpec(field="f", source="item"), kind=Kind.CHOICES, field_type="CHECK_BOX"),
        {"IT": 2, "金融": 1},
    )

    assert [(one.value, one.fate) for one in found] == [
        ("金融", Fate.REFUSED),
        ("IT", Fate.OPTION),
    ]


def test_a_value_that_changes_nothing_in_kintone_sends_nothing():
    rule = RuleSpec(field="f", source="item", values={"不明": ""}, empty=WhenEmpty.KEEP)

    assert told(judge(column(rule), {"不明": 1})) == [("不明", 1, Fate.TABLE, None, "")]


def test_users_and_flags_are_named_as_people_read_them():
    rule = RuleSpec(field="f", source="item", values={"はい": "IT", "佐藤": "製造"})

    flags = judge(column(rule, kind=Kind.FLAG), {True: 3})
    users = judge(column(rule, kind=Kind.USER), {UserRef(name="佐藤", email="", login=""): 1})

    assert (flags[0].value, flags[0].fate, flags[0].sent) == ("はい", Fate.TABLE, "IT")
    assert (users[0].value, users[0].fate, users[0].sent) == ("佐藤", Fate.TABLE, "製造")


def test_what_was_chosen_takes_its_place_in_the_table_and_others_stay():
    rule = RuleSpec(field="f", source="item", values={"a": "IT", "b": "製造", "c": "小売"})

    changed = with_values(rule, {"a": None, "b": "", "d": "IT"})

    assert changed.values == {"c": "小売", "b": "", "d": "IT"}
