"""Members (社員) are found, changed, switched off and deleted by the page."""

import pytest
from django.urls import reverse

from crm.models import Group, Member
from tests.builders_crm import make_company, make_lead, make_member

pytestmark = pytest.mark.django_db


def sato(**values):
    return make_member(
        **{"name": "佐藤花子", "email": "sato@example.com", "login": "sato", **values}
    )


def post(client, member, **changes):
    values = {"name": member.name, "email": member.email, "login": member.login, **changes}
    return client.post(reverse("crm:member", args=[member.pk]), values, follow=True)


@pytest.mark.parametrize("words", ["花子", "SATO@", "sato"])
def test_a_member_is_found_by_name_address_and_login(as_administrator, words):
    sato()
    make_member(name="鈴木一郎", email="ichiro@example.com", login="ichiro")

    page = as_administrator.get(reverse("crm:members"), {"q": words}).text

    assert "佐藤花子" in page
    assert "鈴木一郎" not in page


def test_an_added_member_is_in_the_groups_that_were_ticked_and_the_new_one(as_administrator):
    east = Group.objects.create(name="東日本")

    answer = as_administrator.post(
        reverse("crm:member-add"),
        {
            "name": "佐藤花子",
            "email": "Sato@Example.com",
            "groups": [east.pk],
            "new_group": "本社",
        },
        follow=True,
    )

    assert "社員「佐藤花子」を追加しました。" in answer.text
    member = Member.objects.get(email="sato@example.com")
    assert set(member.groups.values_list("name", flat=True)) == {"東日本", "本社"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "氏名を入力してください。"),
        ({"email": "hanako"}, "「user@example.com」の形で入力してください。"),
        ({"email": "TAKEN@example.com"}, "このメールアドレスの社員はすでに登録されています。"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(as_administrator, changes, reason):
    member = sato()
    make_member(email="taken@example.com")

    answer = post(as_administrator, member, **changes)

    assert answer.status_code == 422
    assert reason in answer.text
    member.refresh_from_db()
    assert (member.name, member.email) == ("佐藤花子", "sato@example.com")


def test_a_renamed_owner_makes_its_companies_owed(as_administrator):
    member = sato()
    company = make_company(owner=member)

    post(as_administrator, member, name="田中花子")

    version = company.version
    company.refresh_from_db()
    assert company.version == version + 1


def test_saving_keeps_a_disabled_member_disabled(as_administrator):
    member = sato(active=False)

    post(as_administrator, member, name="田中花子")

    member.refresh_from_db()
    assert (member.name, member.active) == ("田中花子", False)


def test_disabling_keeps_groups_and_rows_and_can_be_undone(as_administrator):
    member = sato(groups=["東日本"])
    company = make_company(owner=member)

    page = as_administrator.post(reverse("crm:member-disable", args=[member.pk]), follow=True).text

    member.refresh_from_db()
    company.refresh_from_db()
    assert "社員「佐藤花子」を無効にしました。" in page
    assert (member.active, member.groups.count(), company.owner) == (False, 1, member)

    as_administrator.post(reverse("crm:member-enable", args=[member.pk]))
    member.refresh_from_db()
    assert member.active


def test_deleting_is_asked_first_with_what_it_means(as_administrator):
    member = sato()
    make_lead(company=make_company(owner=member), owner=member)

    page = as_administrator.get(reverse("crm:member-delete", args=[member.pk])).text

    assert "担当する会社</dt><dd>1件" in page
    assert "担当するリード</dt><dd>1件" in page
    assert "営業担当者が空になります。" in page
    assert "リードの連携が停止します。" in page
    assert Member.objects.count() == 1


def test_a_deleted_member_leaves_its_rows_without_an_owner(as_administrator):
    member = sato()
    company = make_company(owner=member)

    as_administrator.post(reverse("crm:member-delete", args=[member.pk]))

    company.refresh_from_db()
    assert company.owner is None
    assert Member.objects.count() == 0


def test_the_list_costs_the_same_queries_however_long_it_is(
    as_administrator, django_assert_max_num_queries
):
    for number in range(6):
        make_member(groups=[f"グループ{number}"])

    # session, account, matches, page, groups
    with django_assert_max_num_queries(5):
        as_administrator.get(reverse("crm:members"))
