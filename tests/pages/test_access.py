"""The page for the access mode: what either mode means for the sync users, and the choice."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from crm import access
from crm.models import AccessMode
from jobs import schedules
from jobs.models import Schedule
from tests.builders_crm import make_lead, make_member
from tests.builders_mapping import make_mapping

pytestmark = pytest.mark.django_db

PAGE = "jobs:access-mode"


def test_the_count_of_leads_in_either_mode_is_seen_before_choosing(
    as_administrator: Client,
) -> None:
    viewer = make_member(name="佐藤花子", section="営業本部", groups=["東"])
    mapping = make_mapping(record_type="lead", rules={})
    schedule = schedules.ensure(mapping.connection, now=clock.now())
    Schedule.objects.filter(pk=schedule.pk).update(sync_user=viewer)
    make_lead(visibility="グループ", groups=["東"])
    for _number in range(2):
        make_lead(visibility="グループ", owner=make_member(section="営業本部＞東日本営業部"))

    page = as_administrator.get(reverse(PAGE)).text

    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells == ["営業本部", "1件", "2件"]


def test_the_mode_is_chosen_and_shown_with_the_members(as_administrator: Client) -> None:
    answer = as_administrator.post(reverse(PAGE), {"mode": "sections"}, follow=True)

    assert "「部署権限モード」 にしました。" in answer.text
    assert access.mode() is AccessMode.SECTIONS
    assert "部署権限モード" in as_administrator.get(reverse("crm:members")).text


def test_a_mode_that_is_none_is_refused(as_administrator: Client) -> None:
    answer = as_administrator.post(reverse(PAGE), {"mode": "x"})

    assert answer.status_code == 422
    assert access.mode() is AccessMode.GROUPS


def test_the_page_takes_no_more_queries_for_more_leads(
    as_administrator: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(3):
        mapping = make_mapping(record_type="lead", rules={}, app=100 + number)
        schedule = schedules.ensure(mapping.connection, now=clock.now())
        Schedule.objects.filter(pk=schedule.pk).update(sync_user=make_member(section=f"部{number}"))
        for _lead in range(5):
            make_lead()

    with django_assert_max_num_queries(30):  # type: ignore[operator]
        as_administrator.get(reverse(PAGE))
