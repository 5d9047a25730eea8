"""Rows of a kintone table that keep their ids: what people typed beside our columns stays."""

from typing import Any

import pytest

from common import clock
from integrations import budget
from jobs import forecast
from jobs.states import RunStatus
from mapping.models import Mapping
from mapping.rulespec import RuleSpec
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import CODE, enabled_mapping, outcomes, run_now

FIELDS: dict[str, dict[str, Any]] = {
    "code": CODE,
    "tags": {
        "type": "SUBTABLE",
        "fields": {
            "tag": {"type": "SINGLE_LINE_TEXT"},
            "note": {"type": "SINGLE_LINE_TEXT", "defaultValue": "未確認"},
        },
    },
}


def mapping_of_tags(kintone: Any, *, keep_rows: bool = True) -> Mapping:
    rules = {
        "code": "external_id",
        "tag": RuleSpec(field="tag", table="tags", source="tags", keep_rows=keep_rows),
    }
    return enabled_mapping(kintone, fields=FIELDS, rules=rules)


def rows(kintone: Any, mapping: Mapping) -> list[tuple[str, str, str]]:
    """Id, tag and note of the rows of the only record."""
    (record,) = kintone.records(mapping.app)
    return [
        (row["id"], row["value"]["tag"]["value"], row["value"]["note"]["value"])
        for row in record["tags"]
    ]


def type_note(kintone: Any, mapping: Mapping, tag: str, note: str) -> None:
    """Somebody types a note beside a tag in kintone."""
    (record,) = kintone.app(mapping.app).records.values()
    row = next(one for one in record.values["tags"] if one["value"]["tag"] == tag)
    row["value"]["note"] = note


@pytest.mark.parametrize("keep_rows", [True, False])
def test_what_was_typed_beside_a_row_stays_only_where_rows_are_kept(kintone, db, keep_rows):
    mapping = mapping_of_tags(kintone, keep_rows=keep_rows)
    company = make_company(tags=["製造", "重要"])
    run_now(mapping)
    first, second = rows(kintone, mapping)
    type_note(kintone, mapping, "重要", "社長と面識あり")
    change(company, tags=["重要", "輸出"])

    assert outcomes(run_now(mapping)) == {"updated": 1}

    kept, new = rows(kintone, mapping)
    if keep_rows:
        assert kept == (second[0], "重要", "社長と面識あり")
    else:
        assert kept[1:] == ("重要", "未確認")
        assert kept[0] != second[0]
    assert new[1:] == ("輸出", "未確認")
    assert new[0] not in (first[0], second[0])


def test_a_record_that_was_there_before_is_found_by_its_key(kintone, db):
    mapping = mapping_of_tags(kintone)
    company = make_company(tags=["製造"])
    cells = {"tag": {"value": "製造"}, "note": {"value": "手入力"}}
    kintone.add_records(mapping.app, [{"code": company.external_id, "tags": [{"value": cells}]}])
    (before,) = rows(kintone, mapping)

    assert outcomes(run_now(mapping)) == {"updated": 1}

    assert rows(kintone, mapping) == [before]
    assert outcomes(run_now(mapping)) == {}


def test_it_costs_one_request_more_for_each_that_writes_rows(kintone, db):
    mapping = mapping_of_tags(kintone)
    make_companies(750, tags=["製造"])
    told = forecast.of_records(mapping, 750, now=clock.now())
    before = budget.used(mapping.connection.host, mapping.app, now=clock.now())

    run = run_now(mapping)

    assert outcomes(run) == {"created": 750}
    assert run.counted == told.counted == 8 + 4
    assert told.exchanges == 4 + 4
    after = budget.used(mapping.connection.host, mapping.app, now=clock.now())
    assert after - before == run.counted


def test_rows_that_cannot_be_read_are_not_written_over(kintone, db):
    mapping = mapping_of_tags(kintone)
    company = make_company(tags=["製造"])
    run_now(mapping)
    type_note(kintone, mapping, "製造", "手入力")
    change(company, name="新しい名前", tags=["製造", "重要"])
    kintone.fail(times=10, method="GET", path="records.json", status=503, body="<html>")

    run = run_now(mapping)

    assert run.status in (RunStatus.FAILED, RunStatus.HELD, RunStatus.QUEUED)
    assert [row[1:] for row in rows(kintone, mapping)] == [("製造", "手入力")]
    kintone.heal()
    assert outcomes(run_now(mapping)) == {"updated": 1}
    assert [row[1:] for row in rows(kintone, mapping)] == [
        ("製造", "手入力"),
        ("重要", "未確認"),
    ]
