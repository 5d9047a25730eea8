"""The page that ties members to kintone users."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mapping.models import Mapping
from tests.builders_crm import make_company, make_member
from tests.flows.conftest import CODE, enabled_mapping, outcomes, run_now
from tests.pages.reading import Page

pytestmark = pytest.mark.usefixtures("as_administrator")


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    """Companies with their owners as kintone users."""
    return enabled_mapping(
        kintone,
        fields={"code": CODE, "owner": {"type": "USER_SELECT", "label": "担当者"}},
        rules={"code": "external_id", "owner": "owner"},
    )


def address(mapping: Mapping, query: str = "") -> str:
    return reverse("jobs:connection-users", args=[mapping.connection_id]) + query


def look(client: Client, mapping: Mapping, query: str = "") -> Page:
    return Page(client.get(address(mapping, query)))


def owners(kintone: Any, mapping: Mapping) -> list[list[str]]:
    return [[one["code"] for one in r["owner"]] for r in kintone.records(mapping.app)]


def test_a_refused_user_is_tied_by_hand_and_arrives(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    kintone.add_user("hanako", "佐藤 花子")
    member = make_member(name="佐藤", email="sato@example.com", login="sato.h")
    make_company(owner=member)
    run = run_now(mapping)
    assert outcomes(run) == {"rejected": 1}
    report = as_administrator.get(reverse("jobs:run", args=[run.pk])).content.decode()
    assert f'href="{address(mapping)}"' in report

    given = {"email": [member.email], "way": ["hand"], "code": [" hanako "]}
    page = Page(as_administrator.post(address(mapping), given, follow=True))

    assert "保存しました。" in page.text()
    assert outcomes(run_now(mapping)) == {"created": 1}
    assert owners(kintone, mapping) == [["hanako"]]


def test_kintone_s_users_are_read_and_tied_by_their_addresses(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    kintone.add_user("hanako", "佐藤 花子", email="sato@example.com")
    for number in range(120):
        kintone.add_user(f"user{number}")
    make_company(owner=make_member(name="佐藤", email="sato@example.com", login=""))
    make_company(owner=make_member(name="鈴木", email="suzuki@example.com", login=""))
    kintone.forget_requests()

    page = Page(as_administrator.post(address(mapping), {"action": "read"}, follow=True))

    assert "人を読み込みました。" in page.text()
    assert len(kintone.requests) == 2
    assert [request.counted for request in kintone.requests] == [0, 0]
    assert "1人の社員が、kintoneの有効なユーザーと対応していません。" in page.text()
    unmatched = look(as_administrator, mapping, "?show=unmatched").text()
    assert "鈴木" in unmatched
    assert "佐藤" not in unmatched
    assert outcomes(run_now(mapping)) == {"created": 1, "rejected": 1}
    assert owners(kintone, mapping) == [["hanako"]]


def test_for_a_member_that_is_not_sent_the_field_is_left_empty(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    member = make_member(login="nobody")
    make_company(owner=member)

    given = {"email": [member.email], "way": ["nothing"], "code": [""]}
    as_administrator.post(address(mapping), given)

    assert outcomes(run_now(mapping)) == {"created": 1}
    assert owners(kintone, mapping) == [[]]
    page = look(as_administrator, mapping)
    assert "送信しない" in page.text()


def test_by_hand_without_a_login_name_is_refused_and_the_others_are_saved(
    as_administrator: Client, mapping: Mapping
) -> None:
    given = {
        "email": ["a@example.com", "b@example.com"],
        "way": ["hand", "hand"],
        "code": ["", "b"],
    }
    page = Page(as_administrator.post(address(mapping), given, follow=True))

    assert "a@example.comのログイン名が入力されていません。" in page.text()
    assert dict(mapping.connection.user_ties.values_list("email", "code")) == {"b@example.com": "b"}


def test_where_kintone_says_no_the_reason_is_told_and_nothing_is_lost(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    as_administrator.post(address(mapping), {"action": "read"})
    known = mapping.connection.kintone_users.count()
    kintone.change_password("anders")

    page = Page(as_administrator.post(address(mapping), {"action": "read"}, follow=True))

    assert "kintoneのユーザーを読み込めませんでした。" in page.text()
    assert "kintoneにログインできません" in page.text()
    assert mapping.connection.kintone_users.count() == known > 0


def test_hundreds_of_members_take_no_more_queries_and_come_in_pages(
    as_administrator: Client, mapping: Mapping, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_member(name=f"社員{number:03}")

    with django_assert_max_num_queries(12):
        first = look(as_administrator, mapping)
    second = look(as_administrator, mapping, "?page=2")
    found = look(as_administrator, mapping, "?q=社員007")

    assert "社員000" in first.text()
    assert "社員059" not in first.text()
    assert "社員059" in second.text()
    assert "社員007" in found.text()
    assert "社員008" not in found.text()
