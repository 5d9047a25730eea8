"""The example of docs/settings-file.md is applied and run as it stands there."""

import re
from pathlib import Path

import pytest
import yaml

from common.types import Kind, RecordType
from integrations.models import Connection
from jobs.states import Interval
from mapping.models import Mapping
from sandbox import demo
from tests.builders_crm import make_company, make_department, make_lead, make_member
from tests.flows.conftest import outcomes, run_now

DOCUMENT = Path(__file__).parents[3] / "docs" / "settings-file.md"


@pytest.fixture
def example() -> str:
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), flags=re.DOTALL)
    return str(text)


@pytest.fixture
def demo_apps(kintone, environment) -> list[int]:
    """The apps of the sandbox that `make run` starts."""
    fields = (demo.company_fields(), demo.department_fields(), demo.lead_fields())
    return [
        kintone.add_app(name, form)
        for name, form in zip(("顧客リスト", "部署", "見込み客"), fields, strict=True)
    ]


def test_it_fits_the_demo_and_what_it_maps_arrives(apply, example, kintone, demo_apps):
    assert demo_apps == [1, 2, 3]
    make_member(email="sato@example.com")

    apply(example)

    company = make_company(
        external_id="C-1",
        name="青葉商事",
        corporate_number="1000000000001",
        pref="宮城県",
        address="仙台市1-1",
        tags=("重要", "新規"),
        custom={"rank": "上", "securities_code": "1234"},
    )
    department = make_department(company, external_id="D-1", name="営業部")
    make_lead(
        external_id="L-1",
        family_name="佐藤",
        first_name="花子",
        email="hanako@example.com",
        department=department,
        company=company,
        important_customer=True,
    )
    for mapping in Mapping.objects.order_by("id"):
        assert outcomes(run_now(mapping)) == {"created": 1}, mapping

    (sent,) = kintone.records(1)
    names = ("法人番号", "証券コード", "顧客ランク", "上場区分", "住所", "メモ")
    assert [sent[name] for name in names] == [
        *("1000000000001", "1234", "A", "非上場", "宮城県仙台市1-1", "CRMから連携")
    ]
    assert [row["value"]["タグ"]["value"] for row in sent["タグ一覧"]] == ["重要", "新規"]
    assert [row["value"]["部署名"]["value"] for row in sent["部署一覧"]] == ["営業部"]
    assert kintone.records(2)[0]["会社名"] == "青葉商事"
    (lead,) = kintone.records(3)
    assert (lead["氏名"], lead["重要顧客"], lead["部署階層"]) == ("佐藤 花子", "はい", "営業部")


def test_applied_again_or_exported_and_applied_it_changes_nothing(
    apply, export, example, demo_apps
):
    apply(example)
    exported = export()

    assert "変更はありません" in apply(example)
    assert "変更はありません" in apply(exported)
    Connection.objects.all().delete()
    apply(exported)
    assert export() == exported


def test_what_it_leaves_out_of_an_export_is_only_what_is_default(apply, export, example, demo_apps):
    apply(example)

    exported = yaml.safe_load(export())["connections"][0]

    for mapping in exported["mappings"][1:]:
        assert (mapping["guest_space"], mapping["daily_requests"]) == (None, 5000)


def test_the_document_names_every_kind_interval_and_record_type():
    text = DOCUMENT.read_text()

    for word in (*Kind, *Interval.values, *RecordType):
        assert re.search(rf"\b{word}\b", text), word
