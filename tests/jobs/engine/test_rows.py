"""Rows of a table that keep their ids: found by what we send, read in few requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.kintone.form import parse_form
from integrations.kintone.values import RecordPut
from jobs.engine.rows import RowKeeper, with_ids
from tests.builders_mapping import form_answer

FORM = parse_form(
    form_answer(
        {
            "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "list": {
                "type": "SUBTABLE",
                "fields": {
                    "name": {"type": "SINGLE_LINE_TEXT"},
                    "count": {"type": "NUMBER"},
                    "note": {"type": "SINGLE_LINE_TEXT"},
                    "who": {"type": "USER_SELECT"},
                    "file": {"type": "FILE"},
                    "sum": {"type": "CALC"},
                },
            },
        }
    )
)
TABLE = FORM.fields["list"]


def row(row_id: str = "", **cells: Any) -> dict[str, Any]:
    told = {code: {"value": value} for code, value in cells.items()}
    return {"id": row_id, "value": told} if row_id else {"value": told}


def test_a_row_that_holds_the_same_keeps_its_id_and_what_stands_beside_it():
    held = [
        row("7", name="本社", count="10", note="手入力", who=[{"code": "sato", "name": "佐藤"}]),
        row("8", name="支社", count="3", note="", who=[]),
    ]

    kept = with_ids([row(name="支社"), row(name="本社"), row(name="工場")], held, table=TABLE)

    assert kept == [
        row("8", count="3", note="", who=[], name="支社"),
        row("7", count="10", note="手入力", who=[{"code": "sato"}], name="本社"),
        row(name="工場"),
    ]


def test_the_form_in_which_kintone_keeps_a_value_makes_no_other_row():
    kept = with_ids([row(count="10")], [row("7", name="本社", count="10.0")], table=TABLE)

    assert kept == [row("7", name="本社", count="10")]


def test_of_two_rows_alike_each_keeps_its_own():
    held = [row("7", name="本社", note="一"), row("8", name="本社", note="二")]

    kept = with_ids([row(name="本社")] * 3, held, table=TABLE)

    assert kept == [
        row("7", note="一", name="本社"),
        row("8", note="二", name="本社"),
        row(name="本社"),
    ]


def test_what_cannot_be_written_is_not_carried_along():
    held = [row("7", name="本社", file=[{"fileKey": "x"}], sum="3", gone="1")]

    assert with_ids([row(name="本社")], held, table=TABLE) == [row("7", name="本社")]


class Reads:
    """Answers from records, and notes the queries."""

    def __init__(self, *records: Mapping[str, Any]) -> None:
        self.records = records
        self.queries: list[str] = []

    def __call__(self, query: str, fields: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        self.queries.append(query)
        return self.records


def keeper(read: Reads) -> RowKeeper:
    return RowKeeper(read=read, tables={"list": TABLE}, key=FORM.fields["code"])


def put(number: int, *, record_id: int | None = None, **record: Any) -> RecordPut:
    return RecordPut(record=record, key=f"C{number}", record_id=record_id)


def test_records_are_found_by_number_or_by_key_in_one_request():
    read = Reads(
        {"$id": 5, "code": "anders", "list": [row("7", name="本社")]},
        {"$id": 6, "code": 'C"2', "list": [row("8", name="支社")]},
    )
    by_id = put(1, record_id=5, list=[row(name="本社")])
    by_key = RecordPut(record={"list": [row(name="支社")]}, key='C"2')
    new = put(3, list=[row(name="工場")])

    ((first, second, third),) = keeper(read).keep([[by_id, by_key, new]])

    assert read.queries == ['$id in (5) or code in ("C\\"2", "C3") limit 500']
    assert first.record["list"] == [row("7", name="本社")]
    assert second.record["list"] == [row("8", name="支社")]
    assert third == new


def test_nothing_is_read_where_no_row_is_to_be_written():
    read = Reads()
    parts = [[put(1, name="青葉"), put(2, list=[])]]

    assert keeper(read).keep(parts) == parts
    assert read.queries == []


def test_a_large_request_is_read_in_pages_of_500():
    read = Reads()

    keeper(read).keep([[put(number, list=[row(name="本社")]) for number in range(501)]])

    assert len(read.queries) == 2
