"""No secret is in 操作履歴: not in its table, not on its pages, not in its CSV."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from audit.models import Entry
from common import clock
from crm.models import Account
from integrations.models import Connection
from jobs import removing
from pulls import tenants
from pulls.models import Tenant
from tests.pages.reading import Page, filled

MARKER = "Marker-0815"
FILE = """\
version: 1
hotprofile: {host: b.hotprofile.biz, api_key: {env: MARKED}}
connections:
  - name: ファイル
    subdomain: demo
    auth:
      tokens: [{env: MARKED}]
      basic: {user: basic, password: {env: MARKED}}
      certificate: {file: /x.pem, password: {env: MARKED}}
"""


@pytest.fixture
def planted(
    as_administrator: Client,
    submit: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Every secret that there is was typed, changed, read from a file and deleted."""
    submit("save", basic_user="basic", basic_password=f"{MARKER}-basic")
    stored = Connection.objects.get()
    for auth in ({"auth": "tokens", "tokens": f"{MARKER}-token"}, {"password": f"{MARKER}-2"}):
        address = f"/settings/{stored.pk}/"
        sent = {
            "login": "sync",
            "auth": "login",
            "certificate_file": "/x.pem",
            "certificate_password": f"{MARKER}-pfx",
            "action": "save",
            **auth,
        }
        as_administrator.post(address, filled(Page(as_administrator.get(address)), sent))
    removing.delete_connection(stored)
    key = f"{MARKER}-key"
    tenants.save(host="a.hotprofile.biz", api_key=key, enabled=True, notify=[])
    tenants.save(host="a.hotprofile.biz", api_key=key + "2", enabled=True, notify=[])
    file = tmp_path / "settings.yaml"
    file.write_text(FILE)
    monkeypatch.setenv("MARKED", f"{MARKER}-env")
    call_command("settings_apply", str(file))
    tenants.delete(Tenant.objects.get())
    _accounts(as_administrator)
    secret = as_administrator.post(
        "/api-tokens/add/",
        {"name": "ERP", "scope": "read", "record_types": "company", "days": "30"},
    )
    assert "hps_" in secret.content.decode()


def _accounts(browser: Client) -> None:
    for address in ("/customers/accounts/add/", "/customers/accounts/{pk}/password/"):
        known = Account.objects.filter(username="other").first()
        page = Page(browser.get(address.format(pk=known.pk if known else 0)))
        typed = {name: f"{MARKER}-pw" for name in page.values() if "password" in name}
        sent = {**page.values(), "username": "other", "role": "general", **typed}
        browser.post(address.format(pk=known.pk if known else 0), sent)


def _everything() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_entry")
        return "".join(map(str, cursor.fetchall()))


def test_no_secret_is_kept_nor_shown(planted: None, as_administrator: Client, kintone: Any) -> None:
    kept = _everything()
    shown = as_administrator.get("/history/").content.decode()
    shown += b"".join(as_administrator.get("/history/entries.csv")).decode()
    for entry in Entry.objects.all():
        shown += as_administrator.get(f"/history/{entry.pk}/").content.decode()
        shown += as_administrator.get(f"/history/{entry.pk}/put-back/").content.decode()

    changed = {name for entry in Entry.objects.all() for name in entry.secrets}
    assert changed == {
        *("password", "tokens", "basic_password", "certificate_password", "api_key"),
    }
    for secret in (MARKER, kintone.password, "gAAAA", "pbkdf2", "md5$", "hps_"):
        assert secret not in kept
        assert secret not in shown
    assert "変更あり（表示できません）" in shown


def test_every_secret_that_changed_is_named(planted: None, as_administrator: Client) -> None:
    text = b"".join(as_administrator.get("/history/entries.csv")).decode()

    for name in ("パスワード", "APIトークン", "Basic認証のパスワード", "APIキー"):
        assert f",{name},（表示できません）,変更あり（表示できません）," in text
    assert clock.now().strftime("%Y") in text
