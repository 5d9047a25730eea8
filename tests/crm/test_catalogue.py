"""The list of what can be mapped."""

import pytest
from django.utils.translation import override

from common.types import Kind, RecordType, UserRef
from crm import catalogue, changes
from crm.catalogue import UnknownItemError, items_of, standard_items_of
from crm.writing.fanout import watched
from tests.builders_crm import (
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)

COMPANY_ITEMS = (
    "id name name_kana name_disp zip pref address latitude longitude main_tel url mail_domain"
    " business_category_kbn worker_number_kbn capital_kbn ipo_kbn sales_last_year corporate_number"
    " note created_at updated_at external_id owner owner.name owner.email tags departments.name"
    " departments.path departments.external_id"
)
DEPARTMENT_ITEMS = (
    "id name path parent.name parent.external_id company.name company.external_id"
    " company.corporate_number created_at updated_at external_id"
)
LEAD_ITEMS = (
    "id family_name first_name name family_name_kana first_name_kana name_kana post tel fax"
    " mobile_tel extension email mobile_email zip pref address url latitude longitude lead_status"
    " lead_source_kbn lead_source trade_on note customer_id tags interest_products error_mail"
    " error_tel error_fax error_address not_mail not_tel not_fax not_dm competitor"
    " important_customer end_user store created_at updated_at external_id company.name"
    " company.external_id department.name department.path department.external_id owner owner.name"
    " owner.email"
)


@pytest.mark.parametrize(
    ("record_type", "keys"),
    [
        (RecordType.COMPANY, COMPANY_ITEMS),
        (RecordType.DEPARTMENT, DEPARTMENT_ITEMS),
        (RecordType.LEAD, LEAD_ITEMS),
    ],
)
def test_every_item_of_hot_profile_can_be_mapped(record_type: RecordType, keys: str) -> None:
    assert set(keys.split()) <= {item.key for item in standard_items_of(record_type)}


@pytest.mark.parametrize("record_type", list(RecordType))
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_two_items_of_a_type_are_called_the_same(record_type: RecordType, language: str) -> None:
    with override(language):
        labels = [item.label for item in standard_items_of(record_type)]
    assert len(set(labels)) == len(labels)
    assert len({item.key for item in standard_items_of(record_type)}) == len(labels)


@pytest.mark.parametrize("record_type", list(RecordType))
def test_items_of_other_rows_say_what_they_depend_on(record_type: RecordType) -> None:
    for item in standard_items_of(record_type):
        if "." in item.key:
            assert item.depends_on, item.key


def test_a_lead_depends_on_its_company_and_its_department_and_its_owner() -> None:
    assert {"name", "corporate_number"} <= watched(RecordType.LEAD, "company")
    assert {"name", "path"} <= watched(RecordType.LEAD, "department")
    assert {"name", "email", "login"} <= watched(RecordType.LEAD, "member")


@pytest.mark.django_db
def test_custom_items_come_after_the_standard_ones_of_their_type_only() -> None:
    make_custom_item("rank", label="ランク", kind=Kind.CHOICE)

    last = items_of(RecordType.COMPANY)[-1]

    assert (last.key, last.label, last.kind) == ("custom.rank", "ランク", Kind.CHOICE)
    assert "custom.rank" not in {item.key for item in items_of(RecordType.LEAD)}


@pytest.mark.django_db
def test_an_item_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownItemError) as error:
        catalogue.item(RecordType.LEAD, "custom.gone")
    assert error.value.key == "custom.gone"


@pytest.mark.django_db
def test_values_are_read_off_a_full_lead() -> None:
    owner = make_member(name="佐藤", email="sato@example.com", login="sato")
    company = make_company(name="株式会社青葉", corporate_number="0123456789012")
    sales = make_department(company, name="営業部")
    team = make_department(company, name="一課", parent=sales)
    lead = make_lead(
        company,
        department=team,
        owner=owner,
        family_name="山田",
        first_name="",
        family_name_kana="ヤマダ",
        first_name_kana="タロウ",
        latitude="35.68000000000001",
        tags="A;B",
        important_customer="○",
        visibility="グループ",
        groups=["西", "東"],
    )

    values = loaded(RecordType.LEAD, lead.pk)

    assert values["name"] == "山田"
    assert values["name_kana"] == "ヤマダ タロウ"
    assert values["company.name"] == "株式会社青葉"
    assert values["company.corporate_number"] == "0123456789012"
    assert values["department.path"] == "営業部＞一課"
    assert values["owner"] == UserRef(name="佐藤", email="sato@example.com", login="sato")
    assert str(values["latitude"]) == "35.68000000000001"
    assert values["tags"] == ("A", "B")
    assert values["important_customer"] is True
    assert values["competitor"] is False
    assert values["visibility"] == "グループ"
    assert values["groups"] == ("東", "西")


@pytest.mark.django_db
def test_values_that_are_not_there_are_empty_by_kind() -> None:
    lead = make_lead(external_id="")

    values = loaded(RecordType.LEAD, lead.pk)

    assert values["external_id"] == ""
    assert values["department.name"] == ""
    assert values["department.id"] is None
    assert values["owner"] is None
    assert values["owner.email"] == ""
    assert values["latitude"] is None
    assert values["trade_on"] is None
    assert values["tags"] == ()


@pytest.mark.django_db
def test_departments_of_a_company_are_rows_in_the_order_of_the_tree() -> None:
    company = make_company()
    sales = make_department(company, name="営業部", external_id="S")
    make_department(company, name="管理部", external_id="K")
    make_department(company, name="一課", parent=sales, external_id="S1")

    values = loaded(RecordType.COMPANY, company.pk)

    assert values["departments.name"] == ("営業部", "一課", "管理部")
    assert values["departments.path"] == ("営業部", "営業部＞一課", "管理部")
    assert values["departments.external_id"] == ("S", "S1", "K")


@pytest.mark.django_db
def test_custom_values_come_back_as_their_kind_and_empty_after_the_kind_was_changed() -> None:
    owner = make_member(name="佐藤", email="sato@example.com", login="sato")
    kinds = {
        "t": (Kind.TEXT, "001"),
        "n": (Kind.NUMBER, "1.50"),
        "d": (Kind.DATE, "2024/1/2"),
        "m": (Kind.TIME, "9:30"),
        "w": (Kind.DATETIME, "2024/01/02 9:30"),
        "f": (Kind.FLAG, "○"),
        "c": (Kind.CHOICES, "A;B"),
        "u": (Kind.USER, "SATO@example.com"),
        "v": (Kind.USERS, "sato@example.com;nobody@example.com"),
    }
    items = {key: make_custom_item(key, kind=kind) for key, (kind, _raw) in kinds.items()}
    company = make_company(custom={key: raw for key, (_kind, raw) in kinds.items()})

    values = loaded(RecordType.COMPANY, company.pk)

    sato = UserRef(name=owner.name, email=owner.email, login=owner.login)
    assert values["custom.t"] == "001"
    assert str(values["custom.n"]) == "1.5"
    assert str(values["custom.d"]) == "2024-01-02"
    assert str(values["custom.m"]) == "09:30:00"
    assert str(values["custom.w"]) == "2024-01-02 00:30:00+00:00"
    assert values["custom.f"] is True
    assert values["custom.c"] == ("A", "B")
    assert values["custom.u"] == sato
    assert values["custom.v"] == (
        sato,
        UserRef(name="nobody@example.com", email="nobody@example.com", login=""),
    )

    items["t"].kind = Kind.DATE
    items["t"].save()
    assert loaded(RecordType.COMPANY, company.pk)["custom.t"] is None


def loaded(record_type: RecordType, pk: int) -> dict[str, object]:
    keys = [item.key for item in items_of(record_type)]
    [record] = changes.load(record_type, [pk], item_keys=keys, viewer_id=None)
    return dict(record.values)
