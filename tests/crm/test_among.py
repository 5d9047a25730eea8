"""Rows that are looked up by many values at once."""

import pytest

from common.among import among
from crm.models import Company
from tests.builders_crm import make_companies, make_company

pytestmark = pytest.mark.django_db


def test_rows_are_found_by_their_ids():
    first, second, third = make_companies(3)

    found = Company.objects.filter(among("pk", [third.pk, 10**15, first.pk]))

    assert list(found.order_by("pk")) == [first, third]
    assert list(Company.objects.exclude(among("pk", [first.pk, third.pk]))) == [second]


@pytest.mark.parametrize("key", ["株式会社", "O'Neill", 'a"b', "a,b{}", "\\", "%s", "007", "NULL"])
def test_texts_are_compared_to_the_letter(key):
    company = make_company(external_id=key)
    make_company(external_id="7")

    assert list(Company.objects.filter(among("external_id", [key, "no such"]))) == [company]


def test_among_nothing_is_nothing():
    make_company()

    assert not Company.objects.filter(among("pk", [])).exists()
    assert not Company.objects.filter(among("external_id", [])).exists()
