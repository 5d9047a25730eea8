"""Members: the CRM's own users."""

import pytest
from django.core.exceptions import ValidationError

from crm import writing
from crm.models import Group, Member
from tests.builders_crm import make_member

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_lower_case_and_belongs_to_one_member() -> None:
    member = make_member(email=" Sato@Example.com ")
    assert member.email == "sato@example.com"
    with pytest.raises(ValidationError):
        make_member(email="SATO@example.com")


@pytest.mark.parametrize("values", [{"name": " "}, {"email": "佐藤"}, {"groups": ["長" * 256]}])
def test_what_does_not_fit_is_refused_and_nothing_is_kept(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_member(**values)
    assert not Member.objects.exists()


def test_groups_are_added_by_name_and_left_alone_where_none_are_given() -> None:
    member = make_member(groups=["東", "西 ", ""])
    writing.save_member(member_id=member.pk, name="新", email=member.email)
    assert sorted(group.name for group in member.groups.all()) == ["東", "西"]
    writing.save_member(member_id=member.pk, name="新", email=member.email, groups=["西"])
    assert [group.name for group in member.groups.all()] == ["西"]
    assert Group.objects.count() == 2


def test_the_name_in_kintone_and_being_active_can_be_changed() -> None:
    member = make_member(login="sato")
    changed = writing.save_member(
        member_id=member.pk, name=member.name, email=member.email, login="saito", active=False
    )
    assert (changed.login, changed.active) == ("saito", False)
