"""Several values become the rows of a kintone table."""

from mapping.rulespec import RuleSpec, WhenEmpty
from tests.mapping.planning import problems, record


def rows(*rules, **values):
    table = [RuleSpec(table="list", **rule) for rule in rules]
    return record(*table, **values).get("list")


def cells(found):
    return [{code: cell["value"] for code, cell in row["value"].items()} for row in found]


def test_several_values_fill_a_table_downwards():
    found = rows(
        {"field": "tag", "source": "departments.name"},
        {"field": "count", "source": "departments.size"},
        {"field": "origin", "fixed": "CRM"},
        **{"departments.name": ("本社", "支社"), "departments.size": ("10", "")},
    )

    assert cells(found) == [
        {"tag": "本社", "count": "10", "origin": "CRM"},
        {"tag": "支社", "count": "", "origin": "CRM"},
    ]


def test_a_single_value_stands_in_every_row_and_makes_one_of_its_own():
    column = {"field": "tag", "source": "name"}

    assert cells(rows(column, name="青葉")) == [{"tag": "青葉"}]
    assert rows(column, name="") == []
    assert cells(
        rows(column, {"field": "origin", "source": "tags"}, name="青葉", tags=("a", "b"))
    ) == [{"tag": "青葉", "origin": "a"}, {"tag": "青葉", "origin": "b"}]


def test_rows_without_any_value_are_left_out_and_no_row_clears_the_table():
    column = {"field": "tag", "source": "tags"}

    assert cells(rows(column, tags=("", "a", "  "))) == [{"tag": "a"}]
    assert rows(column, tags=()) == []
    assert rows(column, tags=None) == []


def test_a_table_is_left_as_it_is_where_its_rules_say_so():
    column = {"field": "tag", "source": "tags", "empty": WhenEmpty.KEEP}

    assert rows(column, tags=()) is None
    assert cells(rows(column, tags=("a",))) == [{"tag": "a"}]


def test_what_is_wrong_in_a_table_is_named_with_its_column():
    rules = [
        RuleSpec(table="list", field="tag", source="tags"),
        RuleSpec(table="list", field="count", source="departments.size"),
    ]

    assert problems(*rules, tags=("長すぎるタグ", "短い"), **{"departments.size": ("一", "2")}) == [
        ("too_long", "list.tag"),
        ("not_a_number", "list.count"),
    ]
