"""Reading changes nothing: whatever page is asked for, the database is as it was."""

import hashlib
from typing import Any

import pytest
from django.apps import apps
from django.db import connection as database
from django.test import Client

from crm.models import Account
from tests.screens.listed import SCREENS
from tests.screens.world import build

pytestmark = pytest.mark.django_db

#: That somebody was there, which sessions say; and what a page asked kintone, which is counted.
NOTED = {"signin_sessionrow", "django_session", "integrations_requestday", "integrations_appbudget"}


def rows() -> dict[str, str]:
    """Table → what stands in it, as a hash."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table in NOTED:
            continue
        with database.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            text = "\n".join(sorted(map(repr, cursor.fetchall())))
        found[table] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_no_page_changes_anything_when_it_is_asked_for(
    kintone: Any, administrator: Account, as_administrator: Client
) -> None:
    world = build(kintone, administrator)
    as_administrator.get("/")
    before = rows()

    changed = {}
    for screen in SCREENS:
        as_administrator.get(screen.address(world))
        after = rows()
        if after != before:
            changed[screen.name] = [table for table in after if after[table] != before[table]]
            before = after

    assert changed == {}
