"""The page of the values that really occur: what is no option gets one."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Company
from jobs.states import RunStatus
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.builders_crm import make_company
from tests.builders_mapping import register_draft, switch_off
from tests.flows.conftest import FIELDS, RULES, enabled_mapping, outcomes, run_now
from tests.pages.reading import Page

pytestmark = pytest.mark.usefixtures("as_administrator")


def address(mapping: Mapping, field: str = "industry") -> str:
    return reverse("jobs:values", args=[mapping.pk]) + f"?field={field}"


def table_of(mapping: Mapping, field: str = "industry") -> dict[str, str]:
    (rule,) = [rule for rule in specs_of(mapping) if rule.field == field]
    return dict(rule.values)


def companies(**counts: int) -> None:
    for industry, count in counts.items():
        for _ in range(count):
            make_company(business_category_kbn=industry)


def test_values_without_an_option_come_first_with_their_counts_and_a_proposal(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    companies(製造業=3, 製造関連業=2, 金融業=4)

    answer = as_administrator.get(address(company_mapping))

    page = Page(answer)
    assert "2種類の値（6件）が、kintoneの選択肢にありません。" in page.text()
    html = answer.content.decode()
    assert html.index("金融業") < html.index("製造関連業") < html.index(' value="製造業"')
    assert "候補です。保存すると使用します。" in page.text()
    assert kintone.requests == []


def test_what_is_chosen_becomes_the_value_table_and_arrives(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    companies(製造業=1, 製造関連業=1, 金融業=1)
    assert outcomes(run_now(company_mapping)) == {"created": 1, "invalid": 2}

    given = {"value": ["金融業", "製造関連業", "製造業"], "to": ["nothing", "=製造業", ""]}
    page = Page(as_administrator.post(address(company_mapping), given, follow=True))

    assert "下書きに保存しました。" in page.text()
    assert "すべて連携できます。" in page.text()
    assert table_of(company_mapping) == {}
    register_draft(company_mapping)
    assert table_of(company_mapping) == {"金融業": "", "製造関連業": "製造業"}
    run = run_now(company_mapping)
    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 2})
    held = sorted(str(one["industry"] or "") for one in kintone.records(company_mapping.app))
    assert held == ["", "製造業", "製造業"]


def test_what_the_table_says_of_other_values_stays_and_as_it_is_takes_a_value_out(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    switch_off(company_mapping)
    companies(製造業=1)
    first = {"value": ["古い業種", "製造業"], "to": ["=小売業", "=小売業"]}
    as_administrator.post(address(company_mapping), first)

    as_administrator.post(address(company_mapping), {"value": ["製造業"], "to": [""]})

    assert table_of(company_mapping) == {"古い業種": "小売業"}


def test_a_choice_that_is_no_option_any_more_is_refused_with_the_reason(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    companies(金融業=1)
    Mapping.objects.update(update_key="gone")

    given = {"value": ["金融業"], "to": ["=製造業"]}
    page = Page(as_administrator.post(address(company_mapping), given, follow=True))

    assert "保存していません。" in page.text()
    assert table_of(company_mapping) == {}


def test_a_required_field_cannot_be_emptied_here(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    fields = {**FIELDS, "industry": {**FIELDS["industry"], "required": True}}
    mapping = enabled_mapping(kintone, fields=fields)
    companies(金融業=1)

    assert "（空にする）" not in Page(as_administrator.get(address(mapping))).text()


@pytest.mark.parametrize("field", ["", "name", "nowhere"])
def test_a_field_without_options_has_no_such_page(
    as_administrator: Client, company_mapping: Mapping, field: str
) -> None:
    assert as_administrator.get(address(company_mapping, field)).status_code == 404


def test_columns_of_tables_and_items_with_several_values_have_one(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    fields = {
        **FIELDS,
        "tags": {"type": "CHECK_BOX", "options": ["重要", "輸出"]},
    }
    mapping = enabled_mapping(kintone, fields=fields, rules={**RULES, "tags": "tags"})
    make_company(tags=["重要", "国内"])

    page = Page(as_administrator.get(address(mapping, "tags")))
    assert "1種類の値（1件）が、kintoneの選択肢にありません。" in page.text()

    as_administrator.post(address(mapping, "tags"), {"value": ["国内"], "to": ["nothing"]})
    register_draft(mapping)
    assert outcomes(run_now(mapping)) == {"created": 1}
    assert kintone.records(mapping.app)[0]["tags"] == ["重要"]


def test_no_more_queries_for_many_values(
    as_administrator: Client, company_mapping: Mapping, django_assert_max_num_queries: Any
) -> None:
    companies(**{f"業種{number}": 1 for number in range(30)})
    assert Company.objects.count() == 30

    with django_assert_max_num_queries(14):
        as_administrator.get(address(company_mapping))


def test_the_mapping_page_and_the_causes_lead_there(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    companies(金融業=1)
    run = run_now(company_mapping)
    link = reverse("jobs:values", args=[company_mapping.pk]) + "?field=industry"

    edit = reverse("mapping:edit", args=[company_mapping.pk])
    page = as_administrator.get(edit).content.decode()
    report = as_administrator.get(reverse("jobs:run", args=[run.pk])).content.decode()

    assert page.count(f'href="{link}"') == 1
    assert f'href="{link}"' in report
    assert f'href="{edit}#item-business_category_kbn"' in report
    assert 'id="item-business_category_kbn"' in page
