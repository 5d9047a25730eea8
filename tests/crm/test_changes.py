"""Source rows as the sync sees them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.types import Kind, RecordType
from crm import changes, writing
from crm.catalogue import UnknownItemError, items_of
from crm.models import Lead
from crm.visibility import visible_to
from tests.builders_crm import (
    make_companies,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)

pytestmark = pytest.mark.django_db


def test_rows_come_in_the_order_of_their_id_and_those_that_are_gone_are_left_out() -> None:
    one, two, three = make_companies(3)
    writing.delete(RecordType.COMPANY, [two.pk])

    found = changes.load(
        RecordType.COMPANY,
        [three.pk, two.pk, one.pk, one.pk],
        item_keys=["name"],
        viewer_id=None,
    )

    assert [(row.id, row.values) for row in found] == [
        (one.pk, {"name": one.name}),
        (three.pk, {"name": three.name}),
    ]


def test_a_row_says_its_version_and_what_people_call_it() -> None:
    company = make_company(name="株式会社青葉")
    lead = make_lead(company, family_name="山田", first_name="花子", external_id="L-1")

    [record] = changes.load(RecordType.LEAD, [lead.pk], item_keys=[], viewer_id=None)

    assert (record.version, record.external_id) == (1, "L-1")
    assert record.label == "山田 花子（株式会社青葉）"


@pytest.mark.parametrize("record_type", list(RecordType))
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    record_type: RecordType,
) -> None:
    make_custom_item("who", record_type=record_type, kind=Kind.USERS)
    keys = [item.key for item in items_of(record_type)]
    ids = [make_row(record_type) for _row in range(6)]
    viewer = make_member(groups=["東"])

    def queries(number: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            list(changes.load(record_type, ids[:number], item_keys=keys, viewer_id=viewer.pk))
        return len(captured)

    assert queries(1) == queries(6) <= 5


def test_more_rows_than_one_chunk_all_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "CHUNK", 2)
    ids = [company.pk for company in make_companies(5)]

    found = changes.load(RecordType.COMPANY, ids, item_keys=[], viewer_id=None)

    assert [row.id for row in found] == ids


def test_an_item_that_is_gone_is_named_at_once() -> None:
    with pytest.raises(UnknownItemError):
        changes.load(RecordType.COMPANY, [], item_keys=["custom.gone"], viewer_id=None)


def test_a_member_sees_what_is_everyones_its_groups_and_its_own() -> None:
    viewer = make_member(groups=["東"])
    other = make_member(groups=["西"])
    company = make_company()
    leads = {
        "everyone": make_lead(company, visibility="全体", owner=other),
        "my group": make_lead(company, visibility="グループ", groups=["東", "西"], owner=other),
        "other group": make_lead(company, visibility="グループ", groups=["西"], owner=other),
        "group, mine": make_lead(company, visibility="グループ", groups=["西"], owner=viewer),
        "no group": make_lead(company, visibility="グループ"),
        "mine": make_lead(company, visibility="営業担当者のみ", owner=viewer),
        "others'": make_lead(company, visibility="営業担当者のみ", owner=other),
        "nobody's": make_lead(company, visibility="営業担当者のみ"),
    }
    names = {lead.pk: name for name, lead in leads.items()}

    seen = {"everyone", "my group", "group, mine", "mine"}
    assert {names[pk] for pk in visible(names, viewer_id=viewer.pk)} == seen
    listed = Lead.objects.filter(visible_to(viewer.pk)).values_list("pk", flat=True)
    assert sorted(names[pk] for pk in listed) == sorted(seen)


def test_without_a_viewer_no_lead_is_visible_but_companies_are() -> None:
    lead = make_lead()

    assert visible([lead.pk], viewer_id=None) == set()
    [company] = changes.load(RecordType.COMPANY, [lead.company_id], item_keys=[], viewer_id=None)
    assert company.visible


def visible(ids: "dict[int, str] | list[int]", *, viewer_id: int | None) -> set[int]:
    found = changes.load(RecordType.LEAD, list(ids), item_keys=[], viewer_id=viewer_id)
    return {row.id for row in found if row.visible}


def make_row(record_type: RecordType) -> int:
    owner = make_member()
    custom = {"who": owner.email}
    company = make_company(owner=owner, **_only(RecordType.COMPANY, record_type, custom))
    above = make_department(company)
    department = make_department(
        company, parent=above, **_only(RecordType.DEPARTMENT, record_type, custom)
    )
    lead = make_lead(
        company,
        department=department,
        owner=owner,
        groups=["東"],
        **_only(RecordType.LEAD, record_type, custom),
    )
    rows = {
        RecordType.COMPANY: company.pk,
        RecordType.DEPARTMENT: department.pk,
        RecordType.LEAD: lead.pk,
    }
    return rows[record_type]


def _only(this: RecordType, wanted: RecordType, custom: dict[str, str]) -> dict[str, object]:
    return {"custom": custom} if this is wanted else {}


def test_of_a_row_that_is_pointed_to_its_number_alone_can_be_read(db):
    lead = make_lead()

    [record] = changes.load(
        RecordType.LEAD, [lead.pk], item_keys=["company.id", "department.id"], viewer_id=None
    )

    assert dict(record.values) == {"company.id": lead.company_id, "department.id": None}
