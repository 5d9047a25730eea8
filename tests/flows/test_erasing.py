"""One person is erased: nothing of them is left in any table, nor in any file."""

import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from api import tokens
from api.models import ApiToken
from audit.models import Entry
from common import clock
from common.types import RecordType
from crm import writing
from crm.models import Account, Alias, Lead
from jobs import liveness, previewing, previews
from jobs.models import Outcome, Schedule
from mapping.models import Mapping
from pulls.models import Arrival, Refusal
from tests.api.conftest import client_with, upsert
from tests.builders_crm import make_lead, make_member
from tests.flows.conftest import enabled_mapping, run_now

#: Nobody else's texts have these in them.
MARKS = ("L-ZZ-4711", "丸田", "真知子", "maruta.zz@example.com")
TEXT = {"type": "SINGLE_LINE_TEXT"}
FIELDS = {
    "code": {**TEXT, "label": "外部ID", "unique": True},
    "name": {**TEXT, "label": "姓"},
    "mail": {**TEXT, "label": "メール", "maxLength": "15"},
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    rules = {"code": "external_id", "name": "family_name", "mail": "email"}
    made = enabled_mapping(kintone, record_type="lead", fields=FIELDS, rules=rules)
    Schedule.objects.update(sync_user=make_member())
    return made


@pytest.fixture
def person(mapping: Mapping, as_administrator: Client, administrator: Account) -> Lead:
    """Somebody who left traces wherever one can."""
    lead = make_lead(
        external_id=MARKS[0], family_name=MARKS[1], first_name=MARKS[2], email="m@example.com"
    )
    run_now(mapping)  # arrives in kintone
    writing.save_one(RecordType.LEAD, {"email": MARKS[3]}, row_id=lead.pk)
    run_now(mapping)  # and is refused: too long
    preview = previews.start(mapping, reads_kintone=True, now=clock.now())
    previewing.make(preview.pk, owner=liveness.owner_here())
    twin = make_lead(lead.company, external_id="L-OTHER", email=MARKS[3], first_name="別人")
    as_administrator.post("/duplicates/lead/", follow=True)
    Alias.objects.create(
        record_type="lead", old_id="L-OLD", new_id=MARKS[0], origin="hand", made_at=clock.now()
    )
    Arrival.objects.create(record_type="lead", external_id=MARKS[0], reading=1)
    Refusal.objects.create(
        record_type="lead",
        external_id=MARKS[0],
        label=MARKS[1],
        record={"mail": MARKS[3]},
        reason="?",
        reading=1,
        refused_at=clock.now(),
    )
    _import(as_administrator, f"external_id,email,birthday\n{MARKS[0]},{MARKS[3]},いつか\n")
    program = client_with(_token(administrator), **{"Idempotency-Key": "once"})
    upsert(program, "lead", {"external_id": MARKS[0], "email": MARKS[3]})
    writing.save_one(RecordType.LEAD, {"email": "t@example.com"}, row_id=twin.pk)
    lead.refresh_from_db()
    return lead


def _token(account: Account) -> str:
    return tokens.make(
        name="CRM",
        scope=ApiToken.Scope.WRITE,
        record_types=list(RecordType),
        life=None,
        account=account,
        now=clock.now(),
    )[1]


def _import(client: Client, text: str) -> None:
    file = SimpleUploadedFile("leads.csv", text.encode())
    client.post("/customers/lead/import/", {"file": file}, follow=True)


def traces() -> Iterator[str]:
    """Where one of the marks stands: TABLE.COLUMN."""
    for model in apps.get_models():
        for row in model._default_manager.values():
            for column, value in row.items():
                if any(mark in _text(value) for mark in MARKS):
                    yield f"{model._meta.db_table}.{column}"


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        return (zlib.decompress(raw) if raw[:1] == b"x" else raw).decode(errors="replace")
    return str(value)


def files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(mark.encode() in path.read_bytes() for mark in MARKS)
    ]


def erase(*arguments: str) -> dict[str, Any]:
    said = io.StringIO()
    call_command("erase", *arguments, "--json", stdout=said)
    return dict(json.loads(said.getvalue()))


def test_nothing_of_a_person_is_left_anywhere(
    person: Lead, kintone: Any, mapping: Mapping, folder: Path
) -> None:
    before = set(traces())
    assert len(before) > 12, before
    planned = erase(MARKS[0])
    assert set(traces()) == before
    assert not planned["erased"]

    told = erase(MARKS[0], "--yes")

    assert set(traces()) == set()
    assert files(folder) == []
    assert {**told, "erased": False} == planned
    (record,) = told["kintone"]
    assert record["record_id"] == int(kintone.records(mapping.app)[0]["$id"])
    assert "show#record=" in record["address"]


def test_others_and_what_was_counted_stay(person: Lead, mapping: Mapping) -> None:
    runs = list(mapping.runs.values_list("created", "rejected", "invalid"))
    outcomes = Outcome.objects.count()

    erase(MARKS[0], "--yes")

    assert Lead.objects.filter(external_id="L-OTHER").exists()
    assert list(mapping.runs.values_list("created", "rejected", "invalid")) == runs
    assert Outcome.objects.count() == outcomes
    assert Entry.objects.filter(kind="data.erase", actor="erase").count() == 1


def test_pages_show_what_is_left_of_the_runs(
    person: Lead, mapping: Mapping, as_administrator: Client
) -> None:
    erase(MARKS[0], "--yes")

    for run in mapping.runs.all():
        assert as_administrator.get(f"/runs/{run.pk}/").status_code == 200
    assert as_administrator.get(f"/settings/mappings/{mapping.pk}/failures/").status_code == 200
    assert as_administrator.get("/history/").status_code == 200
    assert run_now(mapping).status == "succeeded"


def test_somebody_is_found_by_name_and_a_wrong_id_says_how(person: Lead) -> None:
    said = io.StringIO()
    call_command("erase", "--find", "丸田 真知子", stdout=said)
    assert said.getvalue().startswith(f"{MARKS[0]}　丸田 真知子　{MARKS[3]}")

    with pytest.raises(CommandError, match="--find") as refused:
        call_command("erase", "L-NOBODY")
    assert refused.value.returncode == 2
