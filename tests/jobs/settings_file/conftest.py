"""A settings file for an app of the sandbox, and the two commands."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integrations.kintone import transport
from tests.builders_mapping import form_answer

SETTINGS = """\
version: 1
custom_items:
  company:
    - {{key: rank, label: ランク, kind: choice}}
connections:
  - name: 本番
    subdomain: demo
    domain: cybozu.com
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    schedule: 30m
    sync_user: sato@example.com
    notify: [ops@example.com]
    mappings:
      - record_type: company
        app: {app}
        guest_space: null
        daily_requests: 4000
        update_key: code
        enabled: true
        rules:
          code: external_id
          name: name
          rank: {{source: custom.rank, values: {{上: A, 中: B}}, empty: keep}}
          place: {{template: "{{pref}} {{address}}"}}
          origin: {{fixed: CRM}}
          tag: {{source: tags, table: tags, keep_rows: true}}
"""
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
    "rank": {"type": "DROP_DOWN", "label": "ランク", "options": ["A", "B"]},
    "place": {"type": "SINGLE_LINE_TEXT", "label": "所在地"},
    "origin": {"type": "SINGLE_LINE_TEXT", "label": "取込元"},
    "tags": {
        "type": "SUBTABLE",
        "label": "タグ一覧",
        "fields": {"tag": {"type": "SINGLE_LINE_TEXT", "label": "タグ"}},
    },
}


@pytest.fixture
def environment(db, monkeypatch):
    monkeypatch.setenv("KINTONE_PASSWORD", "sync-password")
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


@pytest.fixture
def app(kintone, environment):
    return kintone.add_app("顧客リスト", form_answer(FIELDS)["properties"])


@pytest.fixture
def text(app) -> str:
    return SETTINGS.format(app=app)


@pytest.fixture
def apply(tmp_path: Path, capsys):
    """The command with a file of this text: what it printed."""

    def act(text: str, *options: str):
        file = tmp_path / "settings.yaml"
        file.write_text(text)
        call_command("settings_apply", str(file), *options)
        return capsys.readouterr().out

    return act


@pytest.fixture
def export(db, capsys):
    """What `settings_export` prints."""

    def act():
        call_command("settings_export")
        return capsys.readouterr().out

    return act
