"""Tenant → hpsync → kintone by commands alone, through a fault of each kind.

INSTALLATION=full pytest tests/flows/fresh    20,000 companies, 5,000 departments, 100,000 leads
"""

import signal
from collections.abc import Mapping

import pytest
import yaml

from jobs.models import LedgerEntry
from jobs.states import EntryState
from pulls.models import Pull
from sandbox.hotprofile.demo import churn
from tests.fixtures.installation import (
    CHANGES,
    LEADS,
    Installation,
)
from tests.flows.faults.processes import kill
from tests.flows.faults.wire import (
    meanwhile,
    pass_on,
    reset_after,
)
from tests.flows.fresh import customers
from tests.flows.fresh.trouble import (
    SYNC_USER,
    hide_leads,
    slots_until,
    spoil_kintone,
    spoil_tenant,
)

pytestmark = pytest.mark.timeout(3600)


def set_up(installation: Installation, **settings: object) -> None:
    """Apply these settings."""
    file = installation.folder / "settings.yaml"
    file.write_text(yaml.safe_dump({"version": 1, **settings}, allow_unicode=True))
    code = installation.manage(
        *("settings_apply", str(file)),
        KINTONE_PASSWORD=installation.kintone.password,
        HOTPROFILE_KEY=installation.hotprofile.api_key,
    )
    assert code == 0, installation.said()


def set_up_tenant(installation: Installation) -> None:
    """Customers come in with every slot from now on."""
    key = {"env": "HOTPROFILE_KEY"}
    set_up(installation, hotprofile={"host": installation.hotprofile.host, "api_key": key})


def set_up_kintone(installation: Installation, apps: Mapping[str, int]) -> None:
    """Rows of these types go to their apps from now on."""
    mappings = [
        {
            "record_type": record_type,
            "app": app,
            "daily_requests": 1_000_000,
            "update_key": "code",
            "enabled": True,
            "rules": customers.RULES[record_type],
        }
        for record_type, app in apps.items()
    ]
    connection = {
        "name": "本番",
        "subdomain": "demo",
        "auth": {"login": installation.kintone.login, "password": {"env": "KINTONE_PASSWORD"}},
        "sync_user": SYNC_USER,
        "notify": ["ops@example.com"],
        "mappings": mappings,
    }
    set_up(installation, connections=[connection])


def test_a_fresh_install_brings_exactly_what_is_visible_to_kintone_whatever_fails(
    installation, customers_at_tenant, kintone
):
    tenant = customers_at_tenant
    target = customers.Target.in_kintone(kintone)

    # Companies and departments: a slot pulls, then pushes.
    set_up_tenant(installation)
    set_up_kintone(installation, {name: target.apps[name] for name in ("company", "department")})
    spoil_tenant(installation)
    spoil_kintone(installation)
    installation.fall_due()
    installation.until(lambda: Pull.objects.filter(leads__gte=LEADS // 4).exists())
    installation.kill_worker()
    installation.hotprofile.served.delay = 0
    slots_until(
        installation,
        lambda: target.holds_companies_of(tenant) and not installation.wire.has_more_to_do,
    )
    assert Pull.objects.filter(deaths=1).exists()
    installation.until(lambda: "【復旧】" in installation.subjects())
    assert "【要対応】kintoneにログインできません" in installation.subjects()

    # Leads: a part is hidden, then all that are there are loaded, by a command that dies; the
    # slots go on with it.
    visible = hide_leads(installation, tenant)
    set_up_kintone(installation, target.apps)
    first = installation.begin("sync", "本番/lead", "--full")
    installation.wire.do(pass_on, meanwhile(lambda: kill(first)))
    assert first.wait() == -signal.SIGKILL
    installation.wire.do(reset_after, meanwhile(installation.kill_broker))
    slots_until(installation, lambda: target.holds_leads_of(tenant, numbers=visible))
    assert not installation.wire.has_more_to_do

    # Nothing is owed, so nothing is sent.
    assert not LedgerEntry.objects.filter(state=EntryState.FAILED).exists()
    kintone.forget_requests()
    installation.slot()
    assert not [one for one in kintone.requests if one.counted]

    # What changes at the tenant, and nothing else, is there after the next slot.
    before = target.revisions()
    changed = churn(tenant, changes=CHANGES)
    installation.slot()
    assert target.moved_since(before) == {
        "company": {str(number) for number in changed["clients"]},
        "department": set(),
        "lead": {str(number) for number in changed["leads"] if number in visible},
    }
    assert target.holds_companies_of(tenant)
    assert target.holds_leads_of(tenant, numbers=visible)
