"""The groups that 事前チェック shows are exactly the records that a push then refuses."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from common import clock
from common.types import Kind
from crm.models import Company
from jobs import liveness, previewing, previews
from jobs.models import Preview, Run
from jobs.pages.select_previews import causes
from jobs.pages.select_runs import FAILED_OUTCOMES, causes_among
from jobs.states import PreviewStatus, RecordOutcome
from mapping.models import Mapping
from mapping.rulespec import RuleSpec
from mapping.words import VALUES
from tests.builders_crm import make_company, make_custom_item
from tests.flows.conftest import CODE, enabled_mapping, run_now
from tests.flows.test_real_input import COLUMNS, REAL_FILE

REFUSED = (RecordOutcome.SKIPPED, *FAILED_OUTCOMES)
#: Reasons that no value of a company's own gives: other records, other people, half a character
#: (which no database stores as text), a member without an address (which every member has).
NOT_OF_A_VALUE = frozenset(
    [
        "key_taken",
        "key_waits",
        "value_taken",
        "value_held",
        "not_visible",
        "no_login",
        "broken_character",
    ]
)


def preview_of(mapping: Mapping) -> Preview:
    """A preview that reads kintone, as it ended."""
    mapping.refresh_from_db()
    preview = previews.start(mapping, reads_kintone=True, now=clock.now())
    made = previewing.make(preview.pk, owner=liveness.owner_here())
    assert made.status == PreviewStatus.READY, made.message
    return made


def groups(items: Any) -> dict[tuple[str, str], set[int]]:
    """Code and field of the first reason → the rows that are refused for it."""
    found = defaultdict(set)
    for item in items.filter(outcome__in=REFUSED):
        reason = item.problems[0]
        found[reason["code"], reason["field"]].add(item.source_id)
    return dict(found)


def assert_told_truly(preview: Preview, run: Run) -> None:
    """What the preview said of every record is what became of it."""
    assert groups(preview.items) == groups(run.outcomes)
    shown = {(cause.code, cause.field, cause.count) for cause in causes(preview)}
    failed = run.outcomes.filter(outcome__in=FAILED_OUTCOMES)
    assert shown == {
        (cause.code, cause.field, cause.count) for cause in causes_among(failed, run.mapping)
    }
    told = (preview.created, preview.updated, preview.skipped, preview.invalid, preview.rejected)
    assert told == (run.created, run.updated, run.skipped, run.invalid, run.rejected)


#: Code of a refusal → kind of item, field, and a value that is refused and one that is not.
CASES: dict[str, tuple[Kind, dict[str, Any], Any, Any]] = {
    "required_empty": (Kind.CHOICE, {"type": "DROP_DOWN", "options": ["A"], "required": True},
                       "", "A"),
    "too_long": (Kind.TEXT, {"type": "SINGLE_LINE_TEXT", "maxLength": "3"}, "𠮷野家だ", "𠮷野家"),
    "too_short": (Kind.TEXT, {"type": "LINK", "protocol": "CALL", "minLength": "2"}, "1", "12"),
    "not_a_number": (Kind.TEXT, {"type": "NUMBER"}, "3億", "￥1,000"),
    "too_many_digits": (Kind.TEXT, {"type": "NUMBER"}, "1" * 31, "1"),
    "too_many_integer_digits": (Kind.NUMBER, {"type": "NUMBER"}, "1234567890123", "123456789012"),
    "too_small": (Kind.NUMBER, {"type": "NUMBER", "minValue": "0"}, "-0.00006", "-0.00005"),
    "too_large": (Kind.TEXT, {"type": "NUMBER", "maxValue": "100"}, "100.0001", "100.00005"),
    "no_option": (Kind.CHOICES, {"type": "CHECK_BOX", "options": ["赤", "青"]},
                  ("赤", "緑"), ("青", "赤")),
    "several_values": (Kind.CHOICES, {"type": "RADIO_BUTTON", "options": ["赤", "青"]},
                       ("赤", "青"), ("赤",)),
    "not_a_date": (Kind.TEXT, {"type": "DATE"}, "24/1/5", "令和6年1月5日"),
    "not_a_time": (Kind.TEXT, {"type": "TIME"}, "24:00", "午後3時"),
    "not_a_datetime": (Kind.LONG_TEXT, {"type": "DATETIME"}, "9:30", "2024/1/5 9:30"),
    "date_out_of_range": (Kind.DATE, {"type": "DATETIME"}, "1000-01-01", "1000-01-02"),
    "not_a_url": (Kind.URL, {"type": "LINK", "protocol": "WEB"}, "a b", "www.a.jp"),
    "not_an_email": (Kind.EMAIL, {"type": "LINK", "protocol": "MAIL"}, "a@b.jp c@d.jp", "a@b.jp"),
    "not_a_phone": (Kind.PHONE, {"type": "LINK", "protocol": "CALL"}, "なし", "０３ー１"),
}  # fmt: skip


def mapping_of_cases(kintone: Any) -> Mapping:
    """A mapping with one rule for each way to be refused, and a table."""
    fields: dict[str, Any] = {"code": {**CODE, "maxLength": "20"}}
    rules: dict[str, str | RuleSpec] = {"code": "external_id"}
    for code, (kind, settings, _bad, _good) in CASES.items():
        make_custom_item(code, kind=kind)
        fields[code] = settings
        rules[code] = f"custom.{code}"
    make_custom_item("rows", kind=Kind.ROWS)
    fields["table"] = {"type": "SUBTABLE", "fields": {"column": {"type": "NUMBER"}}}
    rules["column"] = RuleSpec(field="column", table="table", source="custom.rows")
    return enabled_mapping(kintone, fields=fields, rules=rules)


def good() -> dict[str, Any]:
    return {code: well for code, (_kind, _settings, _bad, well) in CASES.items()}


def test_every_reason_that_a_value_can_give_is_among_the_cases():
    assert set(CASES) | {"empty_key"} == set(VALUES) - NOT_OF_A_VALUE


def test_of_records_with_every_fault_the_preview_names_those_that_a_push_refuses(kintone, db):
    mapping = mapping_of_cases(kintone)
    expected = {}
    for code, (_kind, _settings, bad, _good) in CASES.items():
        expected[code, code] = {make_company(custom={**good(), code: bad}).pk for _ in range(2)}
    expected["not_a_number", "table.column"] = {
        make_company(custom={**good(), "rows": ("1", "一")}).pk
    }
    expected["empty_key", "code"] = {make_company(external_id="", custom=good()).pk}
    expected["too_long", "code"] = {make_company(external_id="K" * 21, custom=good()).pk}
    taken = make_company(external_id="同じ", custom={**good(), "not_a_url": "a b"})
    expected["not_a_url", "not_a_url"].add(taken.pk)
    whole = [make_company(custom=good()) for _ in range(3)]
    known = make_company(custom={**good(), "rows": ("１", "2.50")})
    kintone.add_records(mapping.app, [{"code": known.external_id, "required_empty": "A",
                                       "too_short": "12"}])  # fmt: skip

    preview = preview_of(mapping)
    run = run_now(mapping)

    assert groups(preview.items) == expected
    assert_told_truly(preview, run)
    assert (run.created, run.updated) == (len(whole), 1)
    again = run_now(mapping)
    assert (again.created, again.updated, again.counted) == (0, 0, 0)


def test_columns_without_a_source_refuse_only_records_that_have_rows(kintone, db):
    make_custom_item("rows", kind=Kind.ROWS)
    columns = {
        "column": {"type": "SINGLE_LINE_TEXT"},
        "must": {"type": "SINGLE_LINE_TEXT", "required": True},
    }
    mapping = enabled_mapping(
        kintone,
        fields={"code": CODE, "table": {"type": "SUBTABLE", "fields": columns}},
        rules={
            "code": "external_id",
            "column": RuleSpec(field="column", table="table", source="custom.rows"),
        },
    )
    make_company()
    with_rows = make_company(custom={"rows": ("一",)})
    known = make_company(custom={"rows": ("二",)})
    kintone.add_records(mapping.app, [{"code": known.external_id}])

    preview = preview_of(mapping)
    run = run_now(mapping)

    assert groups(preview.items) == {
        ("required_without_rule", "table.must"): {with_rows.pk, known.pk}
    }
    assert_told_truly(preview, run)


@pytest.fixture
def real_companies(transactional_db: None, tmp_path: Path) -> dict[str, set[str]]:
    """All of the real companies; item → every value that occurs."""
    make_custom_item("securities_code", label="証券コード")
    columns = tmp_path / "columns.yaml"
    columns.write_text(COLUMNS, encoding="utf-8")
    call_command("import_records", "company", str(REAL_FILE), "--columns", str(columns))
    industries = Company.objects.values_list("business_category_kbn", flat=True).distinct()
    return {"business_category_kbn": set(industries) - {""}}


REAL = [
    pytest.mark.real_data,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not REAL_FILE.exists(), reason="the real companies are not beside the checkout"
    ),
]


def real(test: Any) -> Any:
    """Marks a test of the real companies."""
    for mark in REAL:
        test = mark(test)
    return test


@real
def test_of_the_real_companies_the_preview_names_those_that_a_push_refuses(kintone, real_companies):
    """All of them, into fields that many do not fit, some of which stand in kintone already."""
    options = sorted(real_companies["business_category_kbn"])[::2]
    mapping = enabled_mapping(
        kintone,
        fields={
            "code": CODE,
            "name": {"type": "SINGLE_LINE_TEXT", "maxLength": "12", "required": True},
            "kana": {"type": "SINGLE_LINE_TEXT", "minLength": "8"},
            "address": {"type": "SINGLE_LINE_TEXT", "required": True},
            "industry": {"type": "DROP_DOWN", "options": options},
            "capital": {"type": "NUMBER", "maxValue": "100000"},
            "listed": {"type": "RADIO_BUTTON", "options": ["上場"]},
            "security": {"type": "NUMBER", "required": True, "minValue": "20000"},
        },
        rules={
            "code": "corporate_number",
            "name": "name",
            "kana": "name_kana",
            "address": "address",
            "industry": "business_category_kbn",
            "capital": "capital_kbn",
            "listed": "ipo_kbn",
            "security": "custom.securities_code",
        },
    )
    by_hand = Company.objects.exclude(corporate_number="").order_by("pk")[:500:5]
    kintone.add_records(
        mapping.app,
        [
            {"code": one.corporate_number, "name": "手入力", "kana": "テニュウリョク" * 2,
             "address": "東京", "security": "20000"}
            for one in by_hand
        ],
    )  # fmt: skip

    preview = preview_of(mapping)
    run = run_now(mapping, full=True)

    assert_told_truly(preview, run)
    found = groups(preview.items)
    assert {code for code, _field in found} >= {
        "too_long", "too_short", "no_option", "too_large", "too_small",
    }  # fmt: skip
    refused = sum(len(rows) for rows in found.values())
    assert refused + preview.created + preview.updated == Company.objects.count() == 6288
    assert min(preview.created, preview.updated) > 0
    assert (run.rejected, run.invalid) == (0, preview.invalid)


@real
def test_thirteen_digits_are_refused_before_a_request_is_spent(kintone, real_companies):
    mapping = enabled_mapping(
        kintone,
        fields={"code": {"type": "NUMBER", "unique": True}},
        rules={"code": "corporate_number"},
    )

    preview = preview_of(mapping)
    kintone.forget_requests()
    run = run_now(mapping, full=True)

    assert_told_truly(preview, run)
    assert set(groups(preview.items)) == {("too_many_integer_digits", "code")}
    assert preview.invalid == Company.objects.count()
    assert not [one for one in kintone.requests if one.method in ("PUT", "POST")]
    kintone.set_precision(mapping.app, 20, 4, "HALF_EVEN")
    assert set(groups(preview_of(mapping).items)) == {("key_taken", "")}
