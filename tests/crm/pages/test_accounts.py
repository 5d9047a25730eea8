"""People who sign in are added, changed and shut out by the page."""

import pytest
from django.urls import reverse

from crm.models import Account
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

ADD = "/customers/accounts/add/"


def post_account(client, account, **changes):
    values = {
        "username": account.username,
        "email": account.email,
        "role": account.role,
        "active": "on",
        **changes,
    }
    given = {name: value for name, value in values.items() if value is not None}
    return client.post(reverse("crm:account", args=[account.pk]), given)


def test_an_added_administrator_can_sign_in_and_see_the_pages(as_administrator, client):
    answer = as_administrator.post(
        ADD,
        {
            "username": "hanako",
            "email": "hanako@example.com",
            "role": "administrator",
            "password": "とても長い合言葉です2026",
        },
        follow=True,
    )

    assert "ユーザー「hanako」を追加しました。" in answer.text
    assert client.login(username="hanako", password="とても長い合言葉です2026")
    assert client.get(reverse("crm:accounts")).status_code == 200


def test_a_name_that_is_taken_is_refused_beside_its_field_whatever_its_capitals(
    as_administrator, administrator
):
    answer = as_administrator.post(
        ADD, {"username": administrator.username.upper(), "role": "general", "password": PASSWORD}
    )

    assert answer.status_code == 422
    assert "このユーザー名はすでに使用されています" in answer.text
    assert Account.objects.count() == 1


def test_a_short_password_is_refused_and_what_was_typed_stays(as_administrator):
    answer = as_administrator.post(
        ADD, {"username": "hanako", "email": "h@example.com", "role": "general", "password": "abc"}
    )

    assert answer.status_code == 422
    assert "12文字以上で入力してください。" in answer.text
    assert 'value="hanako"' in answer.text
    assert "abc" not in answer.text


def test_the_last_administrator_keeps_the_right_and_the_way_in(as_administrator, administrator):
    demoted = post_account(as_administrator, administrator, role="general")
    shut_out = post_account(as_administrator, administrator, active=None)

    assert (demoted.status_code, shut_out.status_code) == (422, 422)
    assert "ほかに有効な管理者がいないため、変更できません。" in demoted.text
    administrator.refresh_from_db()
    assert administrator.is_administrator


def test_an_administrator_who_is_shut_out_does_not_count_as_another(
    as_administrator, administrator
):
    Account.objects.create_user("moto", role="administrator", is_active=False)

    assert post_account(as_administrator, administrator, role="general").status_code == 422


def test_one_of_two_administrators_can_be_shut_out(as_administrator, administrator):
    other = Account.objects.create_user("futari", role="administrator")

    answer = post_account(as_administrator, other, active=None)

    assert answer.status_code == 302
    other.refresh_from_db()
    assert not other.is_active


def test_a_new_password_ends_the_sessions_of_that_account_and_keeps_ones_own(
    as_administrator, administrator, client
):
    other = Account.objects.create_user("futari", password=PASSWORD, role="administrator")
    client.login(username="futari", password=PASSWORD)

    for account in (administrator, other):
        as_administrator.post(
            reverse("crm:account-password", args=[account.pk]),
            {"password": "another good secret 1"},
        )

    assert as_administrator.get(reverse("crm:accounts")).status_code == 200
    assert client.get(reverse("crm:accounts")).status_code == 302
    assert client.login(username="futari", password="another good secret 1")


def test_the_list_tells_who_may_sign_in_and_who_no_longer_may(
    as_administrator, django_assert_max_num_queries
):
    for number in range(20):
        Account.objects.create_user(f"user{number}", is_active=number % 2 == 0)

    with django_assert_max_num_queries(4):
        answer = as_administrator.get(reverse("crm:accounts"))

    assert answer.text.count("無効") == 10
    assert "（自分）" in answer.text
