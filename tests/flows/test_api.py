"""What another system sends by the API arrives in kintone, and the API says so."""

from typing import Any

from django.test import Client

from mapping.models import Mapping
from tests.api.conftest import client_with, make_token, upsert  # noqa: F401
from tests.builders_crm import make_company
from tests.flows.conftest import run_now


def state_of(client: Client, external_id: str) -> Any:
    """The record in its one kintone app."""
    answer = client.get(f"/api/v1/states/company/{external_id}")
    assert answer.status_code == 200, answer.content
    (state,) = answer.json()["kintone"]
    return state


def test_what_is_sent_by_the_api_arrives_with_the_next_run(
    company_mapping: Mapping,
    kintone: Any,
    make_token: Any,  # noqa: F811
) -> None:
    client = client_with(make_token())
    upsert(client, "company", {"external_id": "C-1", "name": "青葉", "main_tel": "03-1"})
    before = state_of(client, "C-1")

    run_now(company_mapping)
    after = state_of(client, "C-1")
    upsert(client, "company", {"external_id": "C-1", "name": "若葉"})
    changed = state_of(client, "C-1")
    run_now(company_mapping)

    (record,) = kintone.records(company_mapping.app)
    assert (record["code"], record["name"], record["tel"]) == ("C-1", "若葉", "03-1")
    assert [state["state"] for state in (before, after, changed)] == ["waits", "arrived", "changed"]
    assert (before["record"], before["url"]) == (None, "")
    assert before["next_at"]
    assert after["record"] == int(record["$id"])
    assert after["url"].endswith(f"/k/{company_mapping.app}/show#record={record['$id']}")
    assert (after["connection"], after["app"]) == (
        company_mapping.connection.name,
        company_mapping.app,
    )


def test_what_kintone_cannot_take_is_told_with_its_reason(
    company_mapping: Mapping,
    make_token: Any,  # noqa: F811
) -> None:
    client = client_with(make_token())
    record = {"external_id": "C-1", "name": "青葉", "business_category_kbn": "情報・通信業"}
    upsert(client, "company", record)

    run_now(company_mapping)
    state = state_of(client, "C-1")
    english = client.get("/api/v1/states/company/C-1", headers={"Accept-Language": "en"}).json()

    assert (state["state"], state["label"]) == ("failed", "連携できていません")
    (problem,) = state["problems"]
    assert (problem["field"], problem["item"]) == ("industry", "business_category_kbn")
    assert "選択肢" in problem["heading"] + problem["body"]
    assert english["kintone"][0]["label"] == "Failed"


def test_a_record_is_deleted_here_and_not_in_kintone(
    company_mapping: Mapping,
    kintone: Any,
    make_token: Any,  # noqa: F811
) -> None:
    client, company = client_with(make_token()), make_company()
    run_now(company_mapping)

    assert client.delete(f"/api/v1/records/company/{company.external_id}").status_code == 204
    run_now(company_mapping)

    assert len(kintone.records(company_mapping.app)) == 1
    assert client.get(f"/api/v1/states/company/{company.external_id}").status_code == 404
