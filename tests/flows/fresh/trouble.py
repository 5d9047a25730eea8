"""What goes wrong between a tenant and kintone, and the slots that make it good."""

from collections.abc import Callable

import pytest

from sandbox.hotprofile.world import Tenant
from tests.fixtures.installation import Installation
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

#: Owner of a third of the leads, and whoever's leads go to kintone.
SYNC_USER = "sato@example.com"


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
