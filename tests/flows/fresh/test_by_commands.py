"""Tenant → hpsync → kintone by commands alone, through a fault of each kind.

INSTALLATION=full pytest tests/flows/fresh    20,000 companies, 5,000 departments, 100,000 leads
"""

import signal
from collections.abc import Callable, Mapping

import pytest
import yaml

from jobs.models import LedgerEntry
from jobs.states import EntryState
from pulls.models import Pull
from sandbox.hotprofile.demo import churn, demo_tenant
from sandbox.hotprofile.world import Tenant
from tests.fixtures.installation import (
    CHANGES,
    COMPANIES,
    DEPARTMENTS,
    LEADS,
    Installation,
)
from tests.flows.faults.processes import kill
from tests.flows.faults.wire import (
    half_a_body,
    malformed,
    meanwhile,
    page_after,
    pass_on,
    reset_after,
    reset_before,
    silence_after,
    too_few,
)
from tests.flows.fresh import customers

pytestmark = pytest.mark.timeout(3600)

#: Owner of a third of the leads, and whoever's leads go to kintone.
SYNC_USER = "sato@example.com"


@pytest.fixture
def tenant(installation):
    """A tenant with many customers."""
    world = demo_tenant(
        companies=COMPANIES,
        departments=DEPARTMENTS,
        leads=LEADS,
        api_key=installation.hotprofile.api_key,
        limit=1_000_000,
    )
    installation.hotprofile.served.tenant = world
    return world


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


def hide_leads(installation: Installation, tenant: Tenant) -> set[int]:
    """Only owners see every tenth lead, as a CSV says; those that the sync user still sees."""
    file = installation.folder / "hidden.csv"
    hidden = [number for number in tenant.leads.by_id if number % 10 == 0]
    lines = "".join(f"{number},営業担当者のみ\n" for number in hidden)
    file.write_text(f"外部ID,公開範囲\n{lines}", encoding="utf-8")
    assert installation.manage("import_records", "lead", str(file)) == 0, installation.said()
    return {
        number
        for number, lead in tenant.leads.by_id.items()
        if number % 10 or lead.values["owner_user_code"] == SYNC_USER
    }


def spoil_tenant(installation: Installation) -> None:
    """Pages fail in every way, and the worker dies between two of them."""
    source = installation.hotprofile
    source.fail(429, '{"message": "Too many requests"}', skip=1)
    source.fail(503, "<html>Service Unavailable</html>", skip=2)
    source.cut("before", skip=3)
    source.cut("middle", skip=4)
    source.fail(200, '{"entries": [', skip=5)
    source.served.delay = 0.1


def spoil_kintone(installation: Installation) -> None:
    """Writes fail in every way, before and after kintone carried them out."""
    kintone = installation.kintone
    kintone.fail(429, code="GAIA_TO04", skip=1)
    kintone.fail(code="GAIA_DA02", skip=2)
    kintone.fail(503, "<html>Service Unavailable</html>", skip=4, path="records.json")
    installation.wire.do(
        *(pass_on, reset_before, reset_after, half_a_body, malformed, too_few),
        *(page_after(b"502 Bad Gateway"), silence_after),
        meanwhile(lambda: kintone.change_password("another")),
    )


def slots_until(installation: Installation, arrived: Callable[[], bool]) -> None:
    """As many slots as it takes, but no more than ten."""
    for _slot in range(10):
        installation.slot()
        installation.kintone.change_password(installation.kintone.password)
        if arrived():
            return
    pytest.fail(installation.said())


def test_a_fresh_install_brings_exactly_what_is_visible_to_kintone_whatever_fails(
    installation, tenant, kintone
):
    apps = customers.add_apps(kintone)
    departments, leads = apps["department"], apps["lead"]

    def companies_are_there() -> bool:
        return customers.held_companies(kintone, apps["company"]) == customers.wanted_companies(
            tenant
        ) and customers.held_departments(kintone, departments) == customers.wanted_departments(
            tenant
        )

    def leads_are_there() -> bool:
        held = customers.held_leads(kintone, leads, departments=departments)
        return held == customers.wanted_leads(tenant, numbers=visible)

    # Companies and departments: a slot pulls, then pushes.
    set_up_tenant(installation)
    set_up_kintone(installation, {name: apps[name] for name in ("company", "department")})
    spoil_tenant(installation)
    spoil_kintone(installation)
    installation.fall_due()
    installation.until(lambda: Pull.objects.filter(leads__gte=LEADS // 4).exists())
    installation.kill_worker()
    installation.hotprofile.served.delay = 0
    slots_until(
        installation, lambda: companies_are_there() and not installation.wire.has_more_to_do
    )
    assert Pull.objects.filter(deaths=1).exists()
    installation.until(lambda: "【復旧】" in installation.subjects())
    assert "【要対応】kintoneにログインできません" in installation.subjects()

    # Leads: a part is hidden, then all that are there are loaded, by a command that dies.
    visible = hide_leads(installation, tenant)
    set_up_kintone(installation, apps)
    first = installation.begin("sync", "本番/lead", "--full")
    installation.wire.do(pass_on, meanwhile(lambda: kill(first)))
    assert first.wait() == -signal.SIGKILL
    installation.wire.do(reset_after, meanwhile(installation.kill_broker))
    slots_until(installation, lambda: True)
    assert installation.manage("sync", "本番/lead", "--full") == 0, installation.said()
    assert leads_are_there()

    # Nothing is owed, so nothing is sent.
    assert not LedgerEntry.objects.filter(state=EntryState.FAILED).exists()
    kintone.forget_requests()
    installation.slot()
    assert not [one for one in kintone.requests if one.counted]

    # What changes at the tenant, and nothing else, is there after the next slot.
    before = {name: customers.revisions(kintone, app) for name, app in apps.items()}
    changed = churn(tenant, changes=CHANGES)
    installation.slot()
    after = {name: customers.revisions(kintone, app) for name, app in apps.items()}
    moved = {
        name: {code for code in after[name] if after[name][code] != before[name][code]}
        for name in apps
    }
    assert moved == {
        "company": set(map(str, changed["clients"])),
        "department": set(),
        "lead": {str(number) for number in changed["leads"] if number in visible},
    }
    assert companies_are_there()
    assert leads_are_there()
