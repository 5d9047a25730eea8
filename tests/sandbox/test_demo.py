"""The apps of the demo have what docs/sandbox.md promises of them."""

import pytest

from sandbox.demo import PASSWORD, demo_world
from sandbox.form import SHAPE_TYPES
from sandbox.server import SandboxServer
from sandbox.service import Sandbox
from tests.fixtures.kintone import Kintone
from tests.sandbox.conftest import Api, by_key, error_of, errors_of, password

#: What hpsync fills (design.md §1, row 8).
FILLED = {
    "SINGLE_LINE_TEXT",
    "MULTI_LINE_TEXT",
    "RICH_TEXT",
    "NUMBER",
    "USER_SELECT",
    "DROP_DOWN",
    "RADIO_BUTTON",
    "DATE",
    "TIME",
    "DATETIME",
    "LINK",
    "SUBTABLE",
}
COMPANY = {"会社名": "青葉商事", "会社ID": "C-1"}


@pytest.fixture
def demo():
    server = SandboxServer(Sandbox(demo_world()))
    server.start()
    client = Api(Kintone(server))
    client.headers = password("sync", PASSWORD)
    with client.session:
        yield client
    server.close()


def test_every_type_that_can_be_filled_occurs(demo):
    fields = [
        field for app in demo.kintone.domain.apps.values() for field in app.form.fields.values()
    ]

    assert {field.type for field in fields} >= FILLED
    assert any(field.lookup for field in fields)
    assert not {field.type for field in fields} & SHAPE_TYPES


def test_each_app_can_be_keyed(demo):
    keys = {
        app.name: [field.code for field in app.form.unique]
        for app in demo.kintone.domain.apps.values()
    }

    assert keys == {
        "顧客リスト": ["法人番号", "会社ID"],
        "部署": ["部署ID"],
        "見込み客": ["リードID", "メールアドレス"],
    }


def test_departments_and_leads_look_their_company_up(demo):
    department = by_key("部署ID", "D-1", 部署名="営業部", 会社ID="C-1")
    lead = by_key("メールアドレス", "a@example.jp", 姓="佐藤", 会社ID="C-1")
    assert error_of(demo.upsert(2, department)) == (400, "GAIA_LO04")

    assert demo.upsert(1, by_key("法人番号", "1" * 13, **COMPANY)).status_code == 200
    assert demo.upsert(2, department).status_code == 200
    assert demo.upsert(3, lead).status_code == 200

    assert demo.kintone.records(2)[0]["会社名"] == "青葉商事"
    assert demo.kintone.records(2)[0]["法人番号"] == "1" * 13


@pytest.mark.parametrize(
    ("code", "value", "key"),
    [
        ("会社名", "長" * 101, "会社名.value"),
        ("業種", "情報・通信業", "業種.value"),
        ("電話番号", "03-0000-1234（代表）、03-0000-1235（営業）", "電話番号.value"),
        ("会社ID", "C-1", "会社ID.value"),
    ],
)
def test_some_values_do_not_fit(demo, code, value, key):
    demo.upsert(1, by_key("法人番号", "1" * 13, **COMPANY))
    other = {**COMPANY, "会社ID": "C-2", code: value}

    assert list(errors_of(demo.upsert(1, by_key("法人番号", "2" * 13, **other)))) == [
        f"records[0].{key}"
    ]


def test_the_tokens_of_the_demo_are_known(demo):
    demo.headers = {"X-Cybozu-API-Token": "demo-token-customers,demo-token-departments"}

    assert demo.get("app.json", id=2)["name"] == "部署"
