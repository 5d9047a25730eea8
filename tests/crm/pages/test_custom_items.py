"""Custom items are defined, renamed and deleted by the page."""

import pytest
from django.urls import reverse

from common.types import Kind, RecordType
from crm import custom_items
from crm.catalogue import items_by_key
from crm.models import CustomItem
from tests.builders_crm import make_company

pytestmark = pytest.mark.django_db

LIST = "/customers/company/items/"


def add_rank():
    return custom_items.add(RecordType.COMPANY, key="rank", label="顧客ランク", kind=Kind.CHOICE)


def test_an_added_item_can_be_mapped_at_once(as_administrator):
    answer = as_administrator.post(
        LIST, {"label": "証券コード", "key": "securities_code", "kind": "text"}, follow=True
    )

    assert "カスタム項目「証券コード」を追加しました。" in answer.text
    assert items_by_key(RecordType.COMPANY)["custom.securities_code"].label == "証券コード"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("Rank", "使用できるのは半角の英小文字、数字、_です。"),
        ("1rank", "使用できるのは半角の英小文字、数字、_です。"),
        ("rank.x", "使用できるのは半角の英小文字、数字、_です。"),
        ("ランク", "使用できるのは半角の英小文字、数字、_です。"),
        ("rank", "このキーはすでに使用されています。"),
        ("", "キーを入力してください。"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_with_the_reason(as_administrator, key, reason):
    add_rank()

    answer = as_administrator.post(LIST, {"label": "別", "key": key, "kind": "text"})

    assert answer.status_code == 422
    assert reason in answer.text
    assert CustomItem.objects.count() == 1


def test_the_same_key_may_be_used_for_another_type(as_administrator):
    add_rank()

    as_administrator.post(
        reverse("crm:custom-items", args=["lead"]),
        {"label": "温度感", "key": "rank", "kind": "choice"},
    )

    assert CustomItem.objects.filter(key="rank").count() == 2


def test_renaming_keeps_the_key_and_the_values(as_administrator):
    item = add_rank()
    company = make_company(**{"custom.rank": "A"})

    as_administrator.post(reverse("crm:custom-item", args=[item.pk]), {"label": "ランク"})

    company.refresh_from_db()
    renamed = items_by_key(RecordType.COMPANY)["custom.rank"]
    assert (renamed.label, renamed.getter(company)) == ("ランク", "A")


def test_deleting_is_asked_first_with_the_number_of_values(as_administrator):
    item = add_rank()
    make_company(**{"custom.rank": "A"})
    make_company()

    answer = as_administrator.get(reverse("crm:custom-item-delete", args=[item.pk]))

    assert "値があるデータ</dt><dd>1件" in answer.text
    assert CustomItem.objects.count() == 1


def test_values_of_a_deleted_item_come_back_with_its_key(as_administrator):
    item = add_rank()
    company = make_company(**{"custom.rank": "A"})

    as_administrator.post(reverse("crm:custom-item-delete", args=[item.pk]))
    assert "custom.rank" not in items_by_key(RecordType.COMPANY)

    add_rank()
    company.refresh_from_db()
    assert items_by_key(RecordType.COMPANY)["custom.rank"].getter(company) == "A"
