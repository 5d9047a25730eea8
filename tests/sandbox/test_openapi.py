"""The success answers against Cybozu's own description of the API, where it lies beside us.

Known difference: it types ids, revisions and totals as integers, kintone answers text (§2); and
it knows no null for them (totalCount, spaceId).
"""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it brings no types
import pytest
import yaml

from sandbox.demo import company_fields, department_fields, lead_fields
from tests.sandbox.conftest import by_key, record

DESCRIPTION = Path(__file__).resolve().parents[3] / "shared" / "kintone-openapi" / "openapi.yaml"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DESCRIPTION.exists(), reason="the API description is absent"),
]
VALUES = {
    "会社名": "青葉商事",
    "法人番号": "1234567890123",
    "会社ID": "C-1",
    "前年売上": "10.5",
    "契約日": "2026-01-31",
    "営業担当者": [{"code": "sato"}],
    "担当部署": [{"code": "sales"}],
    "URL": "https://example.jp/",
    "メモ": "一\n二",
    "案内文": "<b>三</b>",
    "タグ一覧": [{"value": record(タグ="重点")}],
    "CRM更新日時": "2026-01-31T00:00:00Z",
    "業種": "製造業",
}


@cache
def description() -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = DESCRIPTION.read_text(encoding="utf-8")
    return _as_answered(yaml.load(text, Loader=loader))


def _as_answered(node: Any) -> Any:
    """The description with text allowed for integers, and null for what may be missing."""
    if isinstance(node, list):
        return [_as_answered(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {
        # An answer without `operation` fits both of the two shapes that PUT records.json may have.
        "anyOf" if key == "oneOf" else key: _as_answered(value)
        for key, value in node.items()
    }
    if changed.get("type") == "integer":
        changed["type"] = ["integer", "string", "null"]
    return changed


def check(method: str, name: str, answer: Any) -> None:
    """The answer is what the description promises."""
    call = description()["paths"][f"/k/v1/{name}"][method]
    schema = call["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": description()["components"]}
    validator = jsonschema.Draft202012Validator(whole)
    problems = validator.iter_errors(answer)
    assert [(list(each.absolute_path), each.message[:300]) for each in problems] == []


@pytest.fixture
def app(kintone):
    number = kintone.add_app("顧客リスト", company_fields())
    kintone.add_app("部署", department_fields())
    kintone.add_app("見込み客", lead_fields())
    return number


def test_the_answers_about_records_are_as_described(api, app):
    check("post", "record.json", api.post("record.json", app=app, record=record(**VALUES)))
    check("get", "record.json", api.get("record.json", app=app, id=1))
    several = [record(**{**VALUES, "法人番号": "2" * 13, "会社ID": "C-2"})]
    check("post", "records.json", api.post("records.json", app=app, records=several))
    check("get", "records.json", api.get("records.json", app=app, totalCount="true"))
    check("get", "records.json", api.get("records.json", app=app))
    change = {"app": app, "id": 1, "record": record(メモ="x")}
    check("put", "record.json", api.put("record.json", **change))
    change = {"app": app, "records": [{"id": 1, "record": record(メモ="x")}]}
    check("put", "records.json", api.put("records.json", **change))
    new = by_key("法人番号", "3" * 13, 会社名="若葉")
    check("put", "records.json", api.upsert(app, new).json())
    check("delete", "records.json", api.delete("records.json", app=app, ids=[1]))


def test_the_answer_to_a_bulk_request_is_as_described(api, app):
    payload = {"app": app, "upsert": True, "records": [by_key("法人番号", "3" * 13, 会社名="若葉")]}
    put = {"method": "PUT", "api": "/k/v1/records.json", "payload": payload}
    add = {
        "method": "POST",
        "api": "/k/v1/records.json",
        "payload": {"app": app, "records": [record(**VALUES)]},
    }

    check("post", "bulkRequest.json", api.post("bulkRequest.json", requests=[put, add]))


def test_the_answers_about_apps_and_forms_are_as_described(api, app):
    check("get", "app.json", api.get("app.json", id=app))
    check("get", "apps.json", api.get("apps.json"))
    check("get", "app/settings.json", api.get("app/settings.json", app=app))
    for number in (app, app + 1, app + 2):
        check("get", "app/form/fields.json", api.get("app/form/fields.json", app=number))


def test_the_answers_of_a_cursor_are_as_described(api, app):
    api.add(app, **VALUES)
    cursor = api.post("records/cursor.json", app=app)

    check("post", "records/cursor.json", cursor)
    check("get", "records/cursor.json", api.get("records/cursor.json", id=cursor["id"]))
