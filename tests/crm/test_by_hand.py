"""An external ID that a person changes on a record's page is still known to the feeds."""

import pytest

from common.types import RecordType
from crm import writing
from crm.models import Alias, Company
from crm.writing.by_hand import change_by_hand
from crm.writing.results import RowOutcome, RowResult
from tests.builders_crm import make_company

pytestmark = pytest.mark.django_db


def change(company: Company, external_id: str, **values: str) -> RowResult:
    return change_by_hand(
        RecordType.COMPANY, {"external_id": external_id, **values}, row_id=company.pk
    )


def bring(external_id: str, name: str) -> None:
    writing.upsert(RecordType.COMPANY, [{"external_id": external_id, "name": name}])


def aliases() -> list[tuple[str, str]]:
    return list(Alias.objects.order_by("old_id").values_list("old_id", "new_id"))


def test_a_line_under_the_former_id_goes_to_the_same_row() -> None:
    company = make_company(external_id="A")

    change(company, "B")
    bring("A", "青葉商事")

    row = Company.objects.get()
    assert (row.pk, row.external_id, row.name) == (company.pk, "B", "青葉商事")


def test_an_id_given_back_is_the_rows_own_again() -> None:
    company = make_company(external_id="A")

    change(company, "B")
    assert change(company, " A ").outcome is RowOutcome.UPDATED

    company.refresh_from_db()
    assert (company.external_id, aliases()) == ("A", [("B", "A")])


def test_ids_of_all_former_times_lead_to_the_newest_one() -> None:
    company = make_company(external_id="A")

    change(company, "B")
    change(company, "C")

    assert aliases() == [("A", "C"), ("B", "C")]


def test_an_id_that_another_row_has_is_refused_and_nothing_is_noted() -> None:
    company = make_company(external_id="A")
    make_company(external_id="B")
    change(company, "C")

    assert change(company, "B").outcome is RowOutcome.REFUSED

    assert aliases() == [("A", "C")]


def test_an_id_given_back_together_with_a_value_that_does_not_fit_changes_nothing() -> None:
    company = make_company(external_id="A")
    change(company, "B")

    assert change(company, "A", latitude="north").outcome is RowOutcome.REFUSED

    company.refresh_from_db()
    assert (company.external_id, aliases()) == ("B", [("A", "B")])


@pytest.mark.parametrize(("before", "after"), [("", "A"), ("A", "")])
def test_of_an_id_that_is_first_given_or_taken_away_nothing_is_noted(
    before: str, after: str
) -> None:
    company = make_company(external_id=before)

    change(company, after)

    assert aliases() == []
