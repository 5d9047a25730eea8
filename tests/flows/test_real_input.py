"""Six thousand real companies, from the file as published to the app, by the commands alone."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from crm.models import Company
from mapping.models import Mapping
from tests.builders_crm import change
from tests.builders_mapping import form_answer

REAL_FILE = Path(__file__).parents[3] / "shared/data/edinet-companies-2022.csv"
COLUMNS = """
external_id: ＥＤＩＮＥＴコード
name: 提出者名
name_kana: 提出者名（ヨミ）
address: 所在地
business_category_kbn: 提出者業種
capital_kbn: 資本金
ipo_kbn: 上場区分
corporate_number: 提出者法人番号
custom.securities_code: 証券コード
"""
FIELDS: dict[str, dict[str, Any]] = {
    "法人番号": {"type": "SINGLE_LINE_TEXT", "unique": True, "required": True},
    "会社名": {"type": "SINGLE_LINE_TEXT", "required": True},
    "フリガナ": {"type": "SINGLE_LINE_TEXT"},
    "住所": {"type": "MULTI_LINE_TEXT"},
    "業種": {"type": "SINGLE_LINE_TEXT"},
    "資本金": {"type": "NUMBER"},
    "上場区分": {"type": "RADIO_BUTTON", "options": ["上場", "非上場"]},
    "証券コード": {"type": "SINGLE_LINE_TEXT"},
}
SETTINGS = """
version: 1
custom_items:
  company:
    - {{key: securities_code, label: 証券コード, kind: text}}
connections:
  - name: 本番
    subdomain: demo
    domain: cybozu.com
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    schedule: 5m
    mappings:
      - record_type: company
        app: {app}
        update_key: 法人番号
        enabled: true
        rules:
          法人番号: corporate_number
          会社名: name
          フリガナ: name_kana
          住所: address
          業種: business_category_kbn
          資本金: capital_kbn
          上場区分: ipo_kbn
          証券コード: custom.securities_code
"""


def command(capsys: Any, *arguments: str) -> Any:
    """The JSON that a command prints as its last line."""
    with suppress(SystemExit):
        call_command(*arguments)
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


@pytest.mark.real_data
@pytest.mark.timeout(600)
@pytest.mark.skipif(not REAL_FILE.exists(), reason="the real companies are not beside the checkout")
def test_the_real_companies_arrive_completely_and_a_second_run_is_free(
    kintone, transactional_db, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("KINTONE_PASSWORD", kintone.password)
    app = kintone.add_app("顧客リスト", form_answer(FIELDS)["properties"])
    settings_file = tmp_path / "settings.yaml"
    settings_file.write_text(SETTINGS.format(app=app))
    columns = tmp_path / "columns.yaml"
    columns.write_text(COLUMNS)
    call_command("settings_apply", str(settings_file))
    imported = command(
        capsys, "import_records", "company", str(REAL_FILE), "--columns", str(columns), "--json"
    )
    assert (imported["read"], imported["created"], imported["refused"]) == (6288, 6288, [])

    first = command(capsys, "sync", "本番/company", "--json")
    failed = command(capsys, "failures", "本番/company", "--json")

    numbers = Counter(Company.objects.values_list("corporate_number", flat=True))
    doubles = {number for number, count in numbers.items() if count > 1}
    records = {record["法人番号"]: record for record in kintone.records(app)}
    assert len(doubles) == 8
    assert first["outcomes"]["created"] == len(records) == 6280
    assert len(records) + len(failed) == imported["read"]
    assert {entry["key"] or "" for entry in failed} <= doubles | {""}
    for number in doubles:
        kept, other = Company.objects.filter(corporate_number=number).order_by("pk")
        assert records[number]["会社名"] == kept.name
        (entry,) = [entry for entry in failed if entry["external_id"] == other.external_id]
        assert kept.name in entry["reason"]
        assert other.name in entry["reason"]
    assert first["counted"] == 63

    second = command(capsys, "sync", "本番/company", "--json")
    assert (second["requests"], second["status"]) == (0, "succeeded")

    change(Company.objects.get(external_id="E00004"), address="群馬県前橋市")
    third = command(capsys, "sync", "本番/company", "--json")
    assert (third["requests"], third["counted"], third["outcomes"]["updated"]) == (1, 1, 1)
    assert Mapping.objects.get().enabled
