"""The list of 操作履歴: filters, pages, CSV; the same number of queries however much there is."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.kinds import Kind, Origin
from audit.models import Entry
from common import clock
from crm.models import Account
from history.selectors import Query, entries_page, matching
from integrations.models import Connection
from tests.builders_mapping import make_connection
from tests.pages.reading import Page


def make_entry(kind: Kind = Kind.MAPPING_KEY, **values: Any) -> Entry:
    defaults = {"at": clock.now(), "area": kind.area, "origin": Origin.SCREEN, "actor": "kanri"}
    return Entry.objects.create(kind=kind, **{**defaults, **values})


def labels(page: Page) -> list[str]:
    return [label for label, address in page.links().items() if address.startswith("/history/")]


def test_it_says_what_to_do_while_nothing_was_done(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/history/"))

    assert "操作はまだありません。" in page.text()
    assert page.links()["操作履歴"] == "/history/"


def test_it_is_narrowed_by_the_address(as_administrator: Client, administrator: Account) -> None:
    one, other = make_connection(name="本番"), make_connection(name="検証")
    make_entry(Kind.MAPPING_KEY, account_id=administrator.pk, connection_id=one.pk, label="あ")
    make_entry(Kind.MAPPING_RULES, origin=Origin.COMMAND, connection_id=other.pk, label="い")
    make_entry(Kind.ITEM_ADD, origin=Origin.SYSTEM, at=clock.now() - timedelta(days=8), label="う")

    def found(query: str) -> set[str]:
        text = Page(as_administrator.get(f"/history/?{query}")).text().split("操作した人")[-1]
        return {label for label in "あいう" if f" {label} " in text or f"→ {label}" in text}

    assert found("") == {"あ", "い", "う"}
    assert found("kind=mapping") == {"あ", "い"}
    assert found("kind=mapping.key") == {"あ"}
    assert found(f"actor=account:{administrator.pk}") == {"あ"}
    assert found("actor=origin:command") == {"い"}
    assert found("actor=origin:system") == {"う"}
    assert found(f"connection={one.pk}") == {"あ"}
    assert found("period=7") == {"あ", "い"}
    assert found("kind=mapping&actor=origin:command&period=1") == {"い"}
    assert found("kind=nonsense&actor=1&connection=x&period=x") == {"あ", "い", "う"}


def test_what_is_not_there_is_said_so_with_a_way_out(as_administrator: Client) -> None:
    make_entry()

    page = Page(as_administrator.get("/history/?kind=token"))

    assert "該当する操作はありません。別の条件を試してください。" in page.text()
    assert page.links()["条件をクリア"] == "/history/"


def test_a_deleted_connection_can_still_be_chosen(as_administrator: Client) -> None:
    make_entry(Kind.CONNECTION_DELETE, connection_id=99, connection_name="旧")

    assert "旧（削除済み）" in Page(as_administrator.get("/history/?connection=99")).text()
    assert not Connection.objects.exists()


def test_pages_follow_one_another_and_keep_the_filter(as_administrator: Client) -> None:
    for number in range(120):
        make_entry(Kind.MAPPING_KEY if number % 2 else Kind.ITEM_ADD, label=f"#{number}#")

    page, seen = Page(as_administrator.get("/history/?kind=mapping")), []
    while True:
        seen += [number for number in range(120) if f"#{number}#" in page.text()]
        if "次へ" not in page.links():
            break
        assert "kind=mapping" in page.links()["次へ"]
        page = Page(as_administrator.get(f"/history/{page.links()['次へ']}"))

    assert sorted(seen) == list(range(1, 120, 2))
    assert page.links()["最初に戻る"] == "?kind=mapping"


def test_the_csv_has_all_of_it_and_opens_without_harm(as_administrator: Client) -> None:
    for number in range(60):
        make_entry(label=f"#{number}")
    make_entry(
        Kind.MEMBER_CHANGE,
        label="=HYPERLINK(1)",
        before={"name": "+1"},
        after={"name": "@SUM(1)\n-2"},
    )
    make_entry(Kind.ITEM_ADD, label="other")

    answer = as_administrator.get("/history/entries.csv?kind=mapping")
    assert len(_rows(answer)) == 61
    assert answer["Content-Disposition"] == 'attachment; filename="history.csv"'
    rows = _rows(as_administrator.get("/history/entries.csv?kind=member"))
    assert rows[1][2:8] == ["'=HYPERLINK(1)", "kanri", "画面", "氏名", "'+1", "'@SUM(1)\n-2"]


def _rows(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("query", ["", "?kind=mapping&period=7"])
def test_the_number_of_queries_does_not_grow(
    as_administrator: Client, django_assert_num_queries: Any, query: str
) -> None:
    make_entry()
    with _counted() as few:
        as_administrator.get(f"/history/{query}")
    for _number in range(60):
        made = make_entry(connection_name="本番", record_type="company", label="x")
        make_entry(Kind.CONNECTION_BACK, undoes=made.pk)
    with django_assert_num_queries(len(few)):
        as_administrator.get(f"/history/{query}")
    assert len(few) <= 9


def test_an_entry_with_many_changes_costs_as_many_queries_as_one_with_few(
    as_administrator: Client, django_assert_num_queries: Any
) -> None:
    def made(number: int) -> Entry:
        rules = {f"f{one}": "name" for one in range(number)}
        mapping = {"record_type": "company", "app": 1, "rules": rules}
        empty = {**mapping, "rules": {}}
        return make_entry(
            Kind.MAPPING_RULES,
            before={"mappings": {"1": empty}},
            after={"mappings": {"1": mapping}},
        )

    with _counted() as few:
        as_administrator.get(f"/history/{made(1).pk}/")
    with django_assert_num_queries(len(few)):
        as_administrator.get(f"/history/{made(200).pk}/")


def _counted() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(), "audit_entry"),
        (Query(kind="mapping"), "audit_of_area"),
        (Query(kind="mapping.key"), "audit_of_kind"),
        (Query(account_id=3), "audit_of_account"),
        (Query(origin="command"), "audit_of_origin"),
        (Query(connection_id=2), "audit_of_connection"),
    ],
)
def test_every_filter_walks_an_index_from_the_newest_on(db: None, query: Query, index: str) -> None:
    """Among many rows of every kind the page is read from an index in order, without sorting."""
    _many(20_000)

    plan = matching(query).filter(pk__lt=15_000)[:51].explain()

    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
    assert index in plan or "_pkey" in plan or "PRIMARY KEY" in plan, plan
    assert "Seq Scan" not in plan


def test_a_period_is_walked_no_further_than_it_reaches(db: None) -> None:
    _many(2_000)
    since = clock.now() - timedelta(minutes=30)

    found = matching(Query(kind="token", since=since))

    assert entries_page(Query(kind="token", since=since)).entries == []
    (first,) = re.findall(r'"id" >= (\d+)', str(found.query))
    assert Entry.objects.latest("pk").pk - int(first) in (89, 90)  # an hour more than was asked for


def _many(number: int) -> None:
    """One a minute, the newest now; of accounts and connections about alike."""
    now = clock.now()
    choices = [kind for kind in Kind if kind.area != "token"]
    Entry.objects.bulk_create(
        (
            Entry(
                at=now - timedelta(minutes=number - one - 1),
                kind=(kind := choices[one * 7 % len(choices)]),
                area=kind.area,
                origin=list(Origin)[one % len(Origin)],
                account_id=one % 9,
                connection_id=one % 5,
            )
            for one in range(number)
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
