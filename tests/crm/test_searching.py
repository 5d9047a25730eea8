"""Search in customer data: what is found, and that it stays true whatever is written."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.types import RecordType
from crm import selectors, writing
from crm.models import CompanySearch, LeadSearch
from crm.searching import texts
from crm.writing.searching import fill_missing
from tests.builders_crm import change, make_companies, make_company, make_department, make_lead

pytestmark = pytest.mark.django_db


def found(words: str, record_type: RecordType = RecordType.COMPANY) -> list[Any]:
    result = selectors.search_records(record_type, words)
    rows = list(result.rows.order_by("pk"))
    assert result.count == len(rows)
    return rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("株式会社青葉商事", "青葉"),
        ("株式会社青葉商事", "青"),
        ("株式会社青葉商事", "事"),
        ("株式会社 青葉", "株式会社青葉"),
        ("アオバショウジ", "あおば"),
        ("ｱｵﾊﾞ", "アオバ"),
        ("ＡＢＣ商会", "abc"),
        ("Aoba Trading", "aoba TRADING"),
        ("03-1234-5678", "0312345678"),
        ("0312345678", "03-1234"),
        ("０３（１２３４）５６７８", "1234-5678"),
        ("03−1234−5678", "-5678"),  # minus signs
        ("C-77", "C-"),
        ("taro.yamada@example.jp", "@example.jp"),
        ("o'neil & sons \\ co", "oneil & \\"),
        ("100%_sure", "0%_s"),
    ],
)
def test_a_text_is_found_by_any_part_however_it_is_written(text: str, words: str) -> None:
    company = make_company(name=text)
    make_company(name="無関係")
    assert found(words) == [company]


def test_words_are_not_found_across_two_values_but_in_two_of_them() -> None:
    company = make_company(name="青葉", name_kana="アオバ")
    assert found("葉ア") == []
    assert found("青葉 アオバ") == [company]


def test_what_looks_like_syntax_is_only_text() -> None:
    make_company(name="青葉")
    for words in ('"', "'", "青*", "青 AND 葉 OR", "a:b", "NEAR(青)", "!|&", "\\", "(", "\ue000"):
        selectors.search_records(RecordType.COMPANY, words).rows.count()
    assert found("青葉 *") == []


@given(st.text(max_size=20), st.integers(0, 20), st.integers(1, 20))
@example("ﾊﾟ-1", 0, 2)
def test_every_part_of_a_text_has_its_pairs_among_those_of_the_text(
    text: str, start: int, length: int
) -> None:
    whole = texts.searchable([text], [("name",)])
    part = whole.removesuffix(whole[-1:])[start : start + length]
    pairs, starts = texts.pairs_of_words([part] if part else [])
    known = texts.pairs(whole).split(" ")
    assert set(pairs) <= set(known)
    assert all(any(pair.startswith(start) for pair in known) for start in starts)


def test_a_lead_is_found_by_its_company_also_after_that_was_renamed_or_changed() -> None:
    old, new = make_company(name="青葉"), make_company(name="若葉")
    lead = make_lead(company=old, family_name="山田", tel="03-1", mobile_tel="090-1111-2222")
    department = make_department(company=old, name="営業部")
    assert found("青葉 山田", RecordType.LEAD) == [lead]
    assert found("09011112222", RecordType.LEAD) == [lead]

    change(old, name="双葉")
    assert found("青葉", RecordType.LEAD) == found("青葉", RecordType.DEPARTMENT) == []
    assert found("双葉", RecordType.LEAD) == [lead]
    assert found("双葉 営業", RecordType.DEPARTMENT) == [department]

    change(lead, **{"company.external_id": new.external_id})
    assert found("若葉", RecordType.LEAD) == [lead]


def test_departments_that_move_or_are_renamed_take_what_is_searched_along() -> None:
    old, new = make_company(name="青葉"), make_company(name="若葉")
    top = make_department(company=old, name="本部")
    below = make_department(company=old, name="営業部", parent=top)
    lead = make_lead(company=old, department=below, family_name="山田")

    change(top, name="総本部", **{"company.external_id": new.external_id})

    assert found("若葉 総本部 営業", RecordType.DEPARTMENT) == [below]
    assert found("若葉 山田", RecordType.LEAD) == [lead]
    assert found("青葉", RecordType.DEPARTMENT) == []


def test_what_is_deleted_is_found_no_more() -> None:
    company = make_company(name="青葉")
    make_lead(company=company)
    writing.delete(RecordType.COMPANY, [company.pk])
    assert found("青葉") == found("青葉", RecordType.LEAD) == []
    assert not LeadSearch.objects.exists()


def test_an_import_that_changes_nothing_that_is_searched_writes_none_of_it() -> None:
    company = make_company(name="青葉")
    CompanySearch.objects.filter(pk=company.pk).update(text="untouched")
    change(company, note="メモ")
    assert CompanySearch.objects.get(pk=company.pk).text == "untouched"


def test_rows_that_came_in_by_another_way_are_made_searchable_by_migrating() -> None:
    company = make_company(name="青葉")
    CompanySearch.objects.all().delete()
    assert found("青葉") == []
    fill_missing()
    assert found("青葉") == [company]


def test_of_very_many_matches_the_number_is_not_counted_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "COUNT_LIMIT", 5)
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)
    companies = make_companies(9, name="青葉")
    result = selectors.search_records(RecordType.COMPANY, "青葉")
    assert result.count == 6

    first = selectors.page_of(result.rows)
    last = selectors.page_of(result.rows, after=companies[5].pk)
    assert [row.pk for row in first.rows] == [row.pk for row in companies[:3]]
    assert [row.pk for row in last.rows] == [row.pk for row in companies[6:]]
