"""Two writers at once: none loses the other's columns, and no change slips between them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction

from common import clock
from common.types import RecordType
from crm.models import Company, Department, Lead
from crm.writing import RowOutcome, WriteReport, save_member, save_one, upsert
from crm.writing.identity import merge
from tests.builders_crm import make_companies, make_company, make_department, make_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[Callable[[Callable[[], object]], "Future[object]"]]:
    """Starts work in another thread, with its own connection to the database."""
    with ThreadPoolExecutor(max_workers=2) as threads:

        def start(work: Callable[[], object]) -> "Future[object]":
            return threads.submit(_alone, work)

        yield start


def _alone(work: Callable[[], object]) -> object:
    try:
        return work()
    finally:
        connections.close_all()


Other = Callable[[Callable[[], object]], "Future[object]"]


@contextmanager
def before_it_commits(other: Other, work: Callable[[], object]) -> Iterator[None]:
    """Let `work` begin elsewhere while the block's writing is not committed; it has to wait."""
    with transaction.atomic():
        yield
        begun = other(work)
        done, _waiting = wait_for([begun], timeout=0.5)
        assert not done, "it should have waited"
    begun.result(timeout=30)


def test_writers_of_different_columns_keep_each_others(other: Other) -> None:
    company = make_company()

    with before_it_commits(
        other, lambda: save_one(RecordType.COMPANY, {"address": "東京"}, row_id=company.pk)
    ):
        save_one(RecordType.COMPANY, {"note": "めも"}, row_id=company.pk)

    company.refresh_from_db()
    assert (company.note, company.address, company.version) == ("めも", "東京", 3)


def test_a_row_that_two_add_at_once_is_added_once(other: Other) -> None:
    with before_it_commits(
        other,
        lambda: upsert(
            RecordType.COMPANY,
            [{"external_id": "C1", "name": "b"}, {"external_id": "C2", "name": "c"}],
        ),
    ):
        upsert(RecordType.COMPANY, [{"external_id": "C1", "name": "a"}])

    assert dict(Company.objects.values_list("external_id", "name")) == {"C1": "b", "C2": "c"}
    assert Company.objects.get(external_id="C1").version == 2


def test_a_lead_added_while_its_company_is_renamed_counts_as_changed(other: Other) -> None:
    company = make_company(external_id="C1")

    with before_it_commits(
        other, lambda: save_one(RecordType.COMPANY, {"name": "新"}, row_id=company.pk)
    ):
        upsert(
            RecordType.LEAD,
            [{"external_id": "L1", "family_name": "山田", "company.external_id": "C1"}],
        )

    assert Lead.objects.get().version == 2


def test_a_lead_added_while_its_owner_is_renamed_counts_as_changed(other: Other) -> None:
    member = make_member()
    make_company(external_id="C1")
    row = {"family_name": "山田", "company.external_id": "C1", "owner.email": member.email}

    with before_it_commits(
        other, lambda: save_member(member_id=member.pk, name="新", email=member.email)
    ):
        save_one(RecordType.LEAD, row)

    assert Lead.objects.get().version == 2


def test_a_department_added_below_one_that_is_renamed_gets_the_new_path(other: Other) -> None:
    top = make_department(name="部")
    middle = make_department(name="課", parent=top)

    with before_it_commits(
        other, lambda: save_one(RecordType.DEPARTMENT, {"name": "本部"}, row_id=top.pk)
    ):
        save_one(
            RecordType.DEPARTMENT,
            {"name": "係", "parent.external_id": middle.external_id or ""},
        )

    assert Department.objects.get(name="係").path == "本部＞課＞係"


def test_a_department_renamed_while_the_one_above_is_renamed_keeps_both_names(other: Other) -> None:
    top = make_department(name="部")
    middle = make_department(name="課", parent=top)

    with before_it_commits(
        other, lambda: save_one(RecordType.DEPARTMENT, {"name": "本部"}, row_id=top.pk)
    ):
        save_one(RecordType.DEPARTMENT, {"name": "新課"}, row_id=middle.pk)

    middle.refresh_from_db()
    assert (middle.path, middle.version) == ("本部＞新課", 3)


@pytest.mark.stack
def test_a_writer_that_the_database_gives_up_for_a_deadlock_begins_again(other: Other) -> None:
    first, second = make_companies(2)
    rows = [{"external_id": one.external_id, "address": "東京"} for one in (first, second)]

    with transaction.atomic():
        with connection.cursor() as cursor:
            # Whoever waits long enough looks for the deadlock and gives itself up: not this one.
            cursor.execute("SET LOCAL deadlock_timeout = '30s'")
        save_one(RecordType.COMPANY, {"note": "二"}, row_id=second.pk)
        begun = other(lambda: upsert(RecordType.COMPANY, rows))
        wait_for([begun], timeout=0.3)
        save_one(RecordType.COMPANY, {"note": "一"}, row_id=first.pk)

    report = begun.result(timeout=30)
    assert isinstance(report, WriteReport)
    assert report.count(RowOutcome.UPDATED) == 2
    values = Company.objects.order_by("pk").values_list("address", "note", "version")
    assert list(values) == [("東京", "一", 3), ("東京", "二", 3)]


def test_many_writers_over_the_same_rows_all_get_through(other: Other) -> None:
    companies = make_companies(20)
    names = [company.external_id or "" for company in companies]
    rounds = 4

    def rename(mark: str, order: list[str]) -> None:
        for number in range(rounds):
            upsert(
                RecordType.COMPANY,
                [{"external_id": name, mark: f"{number}"} for name in order],
            )

    begun = [
        other(lambda: rename("address", names)),
        other(lambda: rename("main_tel", names[::-1])),
    ]
    for one in begun:
        one.result(timeout=60)

    expected = {(f"{rounds - 1}", f"{rounds - 1}", 1 + 2 * rounds)}
    assert set(Company.objects.values_list("address", "main_tel", "version")) == expected
    assert connection.in_atomic_block is False


def test_a_line_with_an_old_id_that_comes_in_during_a_merge_brings_nothing_back(
    other: Other,
) -> None:
    old, new = make_company(external_id="A"), make_company(external_id="B")

    with before_it_commits(
        other, lambda: upsert(RecordType.COMPANY, [{"external_id": "A", "name": "遅い行"}])
    ):
        merge(RecordType.COMPANY, old.pk, into_id=new.pk, now=clock.now())

    assert [*Company.objects.values_list("external_id", "name")] == [("B", "遅い行")]
