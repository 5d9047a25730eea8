"""Makes a world in which every screen has something to show: what is well, what failed, what waits.

Long names are among what it holds, since pages break on them. It comes in two languages, and is the
same each time it is made at one moment of a clock that stands still.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from api import tokens
from api.models import ApiToken
from audit.models import Entry
from common import clock
from common.problems import Problem
from common.types import Kind, RecordType
from crm import duplicate_searches
from crm.importing import forecasts, uploads
from crm.importing.files import Matching
from crm.models import Account, Company, ImportRun, Member
from integrations import connections
from integrations.models import Connection
from jobs import cleansing, identity, liveness, previewing, previews, runs, schedules, sight
from jobs.models import Alert, KeptExchange, Run, Schedule
from jobs.notices.models import Delivery, NoticeChannel, NoticePlan
from jobs.notices.states import ChannelKind, Digest
from jobs.states import FailureKind, RunStatus, Trigger
from mapping import mappings
from mapping.models import Mapping
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from pulls import pulling, tenants
from pulls.models import Arrival, Pull, Refusal
from signin import factors
from signin.models import SignIn
from tests.builders_crm import (
    change,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)
from tests.builders_mapping import form_answer, make_connection, make_draft, make_mapping
from tests.flows.conftest import enabled_mapping, run_now
from tests.signin.conftest import give_factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What people typed, in the reader's language."""

    connection: str
    companies_app: str
    leads_app: str
    labels: dict[str, str]
    """Of the fields of the companies' app."""
    options: tuple[str, str, str]
    """Two industries that kintone takes, and one that it does not."""
    proposed: dict[str, dict[str, Any]]
    """The form of an app that was just loaded, whose rules are proposed."""
    company: str
    other: str
    person: tuple[str, str]
    """Family name, first name."""
    section: str
    grade: str
    system: str
    long: str
    """Repeated until it is far too long for any column."""
    refusal: str
    headings: tuple[str, str, str]
    """Of a CSV: external ID, company name, latitude."""


JAPANESE = Words(
    connection="本番",
    companies_app="顧客リスト",
    leads_app="見込み客管理",
    labels={
        "code": "会社ID",
        "name": "会社名",
        "rank": "ランク",
        "phone": "電話番号",
        "industry": "業種",
        "people": "担当者",
        "sum": "合計",
        "file": "添付ファイル",
        "rows": "メモ一覧",
        "memo": "メモ",
    },
    options=("製造業", "小売業", "情報・通信業"),
    proposed={
        "会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "会社名": {"type": "SINGLE_LINE_TEXT"},
        "業種": {"type": "DROP_DOWN", "options": ["製造業"]},
        "郵便番号・住所": {"type": "SINGLE_LINE_TEXT"},
        "タグ一覧": {"type": "SUBTABLE", "fields": {"タグ": {"type": "SINGLE_LINE_TEXT"}}},
    },
    company="株式会社青葉商事",
    other="若葉工業株式会社",
    person=("佐藤", "花子"),
    section="営業第一部",
    grade="顧客ランク",
    system="基幹システム",
    long="東日本情報システム部",
    refusal="会社名：長すぎます",
    headings=("外部ID", "会社名", "緯度"),
)
ENGLISH = Words(
    connection="Production",
    companies_app="Customers",
    leads_app="Prospects",
    labels={
        "code": "Code",
        "name": "Name",
        "rank": "Rank",
        "phone": "Phone",
        "industry": "Industry",
        "people": "People",
        "sum": "Sum",
        "file": "File",
        "rows": "Rows",
        "memo": "Memo",
    },
    options=("Retail", "Wholesale", "Nowhere"),
    proposed={
        "External ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "Company name": {"type": "SINGLE_LINE_TEXT"},
        "Industry": {"type": "DROP_DOWN", "options": ["Retail"]},
        "Address": {"type": "SINGLE_LINE_TEXT"},
        "Tags": {"type": "SUBTABLE", "fields": {"Tag": {"type": "SINGLE_LINE_TEXT"}}},
    },
    company="Aoba Trading",
    other="Wakaba Works",
    person=("Sato", "Hanako"),
    section="Sales",
    grade="Grade",
    system="ERP",
    long="Information systems ",
    refusal="Name: too long",
    headings=("External ID", "Company name", "Latitude"),
)


@dataclass(slots=True, kw_only=True)
class World:
    """What was made."""

    mapping: Mapping
    """Companies, enabled: records that arrived, failed, wait; its form drifted since."""
    numbers: dict[str, int]
    """Name of a thing that an address speaks of → its primary key."""


def build(
    kintone: Any,
    account: Account,
    *,
    words: Words = JAPANESE,
    lapse: Callable[[timedelta], None] = lambda _passed: None,
) -> World:
    """Everything, for the administrator who looks at it.

    Args:
        lapse: lets time pass, where the clock stands still: in all not much more than an hour.
    """
    numbers = {"me": account.pk}
    member = _make_people(words, numbers)
    mapping = _make_mappings(kintone, words, numbers, member=member)
    _fill_history(mapping, words, numbers)
    lapse(timedelta(minutes=5))
    _make_records(words, numbers, owner=member)
    lapse(timedelta(minutes=5))
    _refuse(kintone, words, numbers)
    numbers["run"] = run_now(mapping).pk
    _change_form(kintone, mapping, words)
    lapse(timedelta(minutes=30))
    numbers["drifted-run"] = run_now(mapping).pk
    _change_and_check(mapping, words)
    _make_other_runs(mapping, numbers)
    _fill_source(words)
    _fill_notices(mapping.connection, words, numbers)
    _take_rights_away(mapping, kintone)
    _fill_identity(words, numbers, ledger=mapping.ledgers.get())
    _fill_imports(account, words, numbers)
    _fill_tokens(account, words, numbers)
    _fill_sign_ins(account, words, numbers)
    _rest(words, numbers)
    _draft(kintone, words, numbers)
    _make_exchanges_alike()
    mapping.refresh_from_db()
    return World(mapping=mapping, numbers=numbers)


def _make_people(words: Words, numbers: dict[str, int]) -> Member:
    family, first = words.person
    member = make_member(name=f"{family} {first}", email="sato@example.com", section=words.section)
    make_member(name=words.long * 4, email=f"{'long' * 15}@example.com", active=False)
    numbers["member"] = member.pk
    numbers["item"] = make_custom_item("grade", label=words.grade).pk
    make_custom_item("long_one", label=words.long * 3, kind=Kind.CHOICES)
    return member


def _fields(words: Words) -> dict[str, dict[str, Any]]:
    given: dict[str, dict[str, Any]] = {
        "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
        "name": {"type": "SINGLE_LINE_TEXT", "required": True},
        "rank": {"type": "SINGLE_LINE_TEXT", "required": True},
        "phone": {"type": "LINK", "protocol": "CALL"},
        "industry": {"type": "DROP_DOWN", "options": list(words.options[:2])},
        "people": {"type": "USER_SELECT"},
        "sum": {"type": "CALC", "expression": "1"},
        "file": {"type": "FILE"},
        "rows": {"type": "SUBTABLE"},
    }
    made = {code: {**field, "label": words.labels[code]} for code, field in given.items()}
    memo = {"type": "MULTI_LINE_TEXT", "label": words.labels["memo"]}
    made["rows"]["fields"] = {"memo": memo}
    return made


def _add_app(kintone: Any, name: str, fields: dict[str, dict[str, Any]]) -> int:
    return int(kintone.add_app(name, form_answer(fields)["properties"]))


def _make_mappings(
    kintone: Any, words: Words, numbers: dict[str, int], *, member: Member
) -> Mapping:
    connection = make_connection(
        name=words.connection, login=kintone.login, password=kintone.password
    )
    fields = _fields(words)
    # A required field that the app does not have yet is seen by the mapping alone.
    at_kintone = {code: field for code, field in fields.items() if code != "rank"}
    mapping = enabled_mapping(
        kintone,
        connection=connection,
        app=_add_app(kintone, words.companies_app, at_kintone),
        app_name=words.companies_app,
        fields=fields,
        rules={
            "code": "external_id",
            "name": "name",
            "phone": "main_tel",
            "industry": "business_category_kbn",
        },
        update_key="code",
    )
    Schedule.objects.filter(connection=connection).update(sync_user=member)
    leads = make_mapping(
        connection,
        record_type="lead",
        app=_add_app(kintone, words.leads_app, words.proposed),
        app_name=words.leads_app,
        form={},
        rules={},
    )
    # An app that was made without its fields; one whose rules are proposed.
    half = Mapping.objects.create(
        connection=connection,
        record_type="company",
        app=_add_app(kintone, words.other, {}),
        app_name=words.other,
    )
    save_rules(half, [RuleSpec(field="code", source="external_id")], update_key="code")
    proposed = make_mapping(
        connection,
        app=_add_app(kintone, words.long, words.proposed),
        app_name=words.long,
        form=words.proposed,
        rules={},
        update_key="",
    )
    numbers |= {"connection": connection.pk, "mapping": mapping.pk}
    numbers |= {"leads": leads.pk, "half": half.pk, "proposed": proposed.pk}
    return mapping


def _make_records(words: Words, numbers: dict[str, int], *, owner: Member) -> None:
    fits, _, refused = words.options
    company = make_company(
        external_id="C-00001",
        name=words.company,
        business_category_kbn=fits,
        main_tel="03-0000-0001",
    )
    failed = make_company(external_id="C-00002", name=words.other, business_category_kbn=refused)
    make_company(external_id="C-00003", name=words.long * 6, business_category_kbn=refused * 8)
    family, first = words.person
    department = make_department(company, external_id="D-00001", name=words.section)
    lead = make_lead(
        company,
        department=department,
        external_id="L-00001",
        family_name=family,
        first_name=first,
        owner=owner,
    )
    numbers |= {"a-company": company.pk, "a-failed-company": failed.pk}
    numbers |= {"a-department": department.pk, "a-lead": lead.pk}


def _refuse(kintone: Any, words: Words, numbers: dict[str, int]) -> None:
    """One record that kintone itself does not take, whoever sends it with whatever."""
    company = make_company(external_id="C-00004", name=f"{words.company}E")
    kintone.fail(
        code="CB_VA01", message=words.refusal, status=400, containing=company.name, times=None
    )
    numbers["a-refused-company"] = company.pk


def _make_exchanges_alike() -> None:
    """Without what the sandbox makes up anew each time: its port, the ids of its answers."""
    for exchange in KeptExchange.objects.all():
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8081", json.dumps(exchange.evidence))
        text = re.sub(r'(\\"id\\": ?\\")[\w-]+', r"\1id-of-the-answer", text)
        exchange.evidence = json.loads(text)
        exchange.save(update_fields=["evidence"])


def _draft(kintone: Any, words: Words, numbers: dict[str, int]) -> None:
    """A connection at work whose settings were changed, and wait for 「登録」."""
    connection = make_connection(name=words.section, login=kintone.login, password=kintone.password)
    fields = {code: field for code, field in _fields(words).items() if code != "rank"}
    mapping = enabled_mapping(
        kintone,
        connection=connection,
        app=_add_app(kintone, words.system, fields),
        app_name=words.system,
        fields=fields,
        rules={"code": "external_id", "name": "name"},
    )
    make_draft(mapping)
    numbers |= {"drafted": connection.pk, "drafted-mapping": mapping.pk}


def _change_form(kintone: Any, mapping: Mapping, words: Words) -> None:
    kintone.rename_field(mapping.app, "phone", "telephone")
    kintone.set_field(mapping.app, "industry", options=[words.options[1]])
    Mapping.objects.filter(pk=mapping.pk).update(form_read_at=None)
    change(Company.objects.get(external_id="C-00001"), name=f"{words.company}HD")


def _change_and_check(mapping: Mapping, words: Words) -> None:
    """A pre-check of what changed since the last run."""
    change(Company.objects.get(external_id="C-00001"), name=f"{words.company}G")
    preview = previews.start(mapping, reads_kintone=True, now=clock.now())
    previewing.make(preview.pk, owner=liveness.owner_here())


def _make_other_runs(mapping: Mapping, numbers: dict[str, int]) -> None:
    """One that moves, one that failed as a whole, one that is held."""
    now = clock.now()
    moving = runs.start(mapping, trigger=Trigger.SCHEDULE, now=now)
    Run.objects.filter(pk=moving.pk).update(
        status=RunStatus.RUNNING, started_at=now - timedelta(minutes=2), total=8_200, updated=3_117
    )
    numbers["moving-run"] = moving.pk
    ended = {"mapping": mapping, "slot": now - timedelta(hours=1), "queued_at": now}
    times = {"started_at": now - timedelta(hours=1), "finished_at": now - timedelta(minutes=58)}
    numbers["failed-run"] = Run.objects.create(
        **ended,
        **times,
        trigger=Trigger.MANUAL,
        status=RunStatus.FAILED,
        failure_kind=FailureKind.CONFIGURATION,
        message=Problem(code="kintone_config.login").as_json(),
    ).pk


def _take_rights_away(mapping: Mapping, kintone: Any) -> None:
    kintone.grant(mapping.app, "view", "edit", "manage")
    kintone.app(mapping.app).read_only = {"name"}
    with connections.client_for(mapping.connection) as client:
        mappings.read_access(mapping, client, now=clock.now())


def _fill_source(words: Words) -> None:
    """A tenant that is being read after a try that failed, and rows that need a look."""
    now = clock.now()
    tenant = tenants.save(host="a.hotprofile.biz", api_key="key", enabled=True, notify=[])
    pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=now)
    pulling.take(pull.pk, owner="test", now=now)
    problem = Problem(code="hotprofile_config.key")
    pulling.finish(pull.pk, owner="test", now=now, problem=problem)
    moving = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=now)
    Pull.objects.filter(pk=moving.pk).update(
        status=Pull.Status.RUNNING, stage="lead", total=9, done=3
    )
    row = {"record_type": "company", "external_id": "1", "reading": 1}
    name = " ".join(words.person)
    Arrival.objects.create(**row, gone=True, owner_name=name, owner_unknown=True)
    kept = {"record": {}, "refused_at": now}
    Refusal.objects.create(**row, **kept, label=words.long * 8, reason=words.refusal)


def _fill_notices(connection: Connection, words: Words, numbers: dict[str, int]) -> None:
    """Channels of all kinds, one that fails, one that gave up; an alert that is over."""
    now = clock.now()
    plan = NoticePlan.objects.create(
        connection=connection,
        quiet_from=time(22),
        quiet_until=time(7),
        digest=Digest.HOURLY,
        addresses={"budget": []},
        succeeded_at=now,
    )
    failure = Problem(code="notice.gone", params={"status": 404, "said": "no_service" * 12})
    for kind in ChannelKind:
        channel = NoticeChannel.objects.create(
            plan=plan,
            kind=kind,
            name=words.long * 6 if kind == ChannelKind.WEBHOOK else f"{words.system} {kind}",
            url=f"https://{'long.' * 20}example.com/hook",
            secret="x",
            failed_at=now,
            failure=failure.as_json(),
        )
        numbers[f"channel-{kind}"] = channel.pk
    channel = plan.channels.earliest("pk")
    alert = Alert.objects.create(connection=connection, kind="internal", began_at=now, ended_at=now)
    row = {"plan": plan, "alert": alert, "stage": "began", "since": now, "created_at": now}
    row |= {"urgent": True, "gathered": True, "due_at": now + timedelta(hours=1)}
    Delivery.objects.create(channel=channel, attempts=2, **row)
    Delivery.objects.create(channel=channel, given_up_at=now, **row)
    Delivery.objects.create(**row)


def _fill_identity(words: Words, numbers: dict[str, int], *, ledger: Any) -> None:
    """A pair that looks like one; two that were merged, one of whose records stays in kintone."""
    first = make_company(external_id="C-00011", name=f"{words.other}A", main_tel="03-0000-0002")
    second = make_company(external_id="C-00012", name=f"{words.other}A", main_tel="03-0000-0002")
    duplicate_searches.begin(RecordType.COMPANY, now=clock.now())
    gone = make_company(external_id="C-00013", name=f"{words.company}B")
    into = make_company(external_id="C-00014", name=f"{words.company}C")
    known = {"state": "synced", "version": 1, "touched_at": clock.now()}
    ledger.entries.create(source_id=gone.pk, record_id=901, **known)
    ledger.entries.create(source_id=into.pk, record_id=902, **known)
    identity.merge_two(RecordType.COMPANY, gone.pk, into_id=into.pk, now=clock.now())
    numbers |= {"first": first.pk, "second": second.pk}


def _fill_imports(account: Account, words: Words, numbers: dict[str, int]) -> None:
    """A file to be matched, one whose effect is foreseen, one that is read, one that is in."""
    line = f"C-00021,{words.company}D,north"
    content = "\n".join([",".join(words.headings), line, f"C-00022,{words.long * 5},35"])
    matching = Matching(
        key="external_id",
        columns=dict(zip(("external_id", "name", "latitude"), words.headings, strict=True)),
    )

    def draft(name: str) -> ImportRun:
        file = SimpleUploadedFile(name, content.encode())
        return uploads.draft(RecordType.COMPANY, file, account=account)

    numbers["draft"] = draft("companies.csv").pk
    done, moving, foreseen = draft("done.csv"), draft("moving.csv"), draft(f"{'long' * 20}.csv")
    forecasts.begin(foreseen, matching)
    uploads.begin(done, matching)
    ImportRun.objects.filter(pk=moving.pk).update(
        status=ImportRun.Status.RUNNING, lines=12_001, read=4_000, created=3_990
    )
    numbers |= {"foreseen": foreseen.pk, "imported": done.pk, "importing": moving.pk}


def _fill_tokens(account: Account, words: Words, numbers: dict[str, int]) -> None:
    given: dict[str, Any] = {"record_types": list(RecordType), "account": account}
    token, _ = tokens.make(
        name=words.system, scope=ApiToken.Scope.READ, life=None, now=clock.now(), **given
    )
    long: dict[str, Any] = {"name": words.long * 6, "scope": ApiToken.Scope.WRITE}
    long["life"] = timedelta(days=30)
    tokens.make(**long, **given, now=clock.now())
    numbers["token"] = token.pk


def _fill_sign_ins(account: Account, words: Words, numbers: dict[str, int]) -> None:
    """Two who have a second factor, one of whom changes the app; every way that a try can end."""
    other = Account.objects.create_user("futari")
    for one in (account, other):
        give_factor(one)
    factors.set_up(account, now=clock.now())
    for result in SignIn.Result:
        SignIn.objects.create(at=clock.now(), result=result, account=account, browser="Edge" * 16)
    SignIn.objects.create(at=clock.now(), result=SignIn.Result.NO_ACCOUNT, name="abc…")
    numbers["account"] = other.pk


def _rest(words: Words, numbers: dict[str, int]) -> None:
    """Another connection, whose mappings rest while its data is cleansed; few leads are seen."""
    now = clock.now()
    connection = make_connection(name=words.long, subdomain="second")
    schedules.ensure(connection, now=now)
    make_mapping(
        connection,
        app=77,
        app_name=words.other,
        form=words.proposed,
        rules={},
        enabled=True,
        enabled_at=now,
    )
    cleansing.begin(connection, now=now)
    numbers["resting"] = connection.pk
    leads = Mapping.objects.get(pk=numbers["leads"])
    for count in (100, 50):
        sight.review(leads, Member.objects.get(pk=numbers["member"]), count=count, now=now)


def _fill_history(mapping: Mapping, words: Words, numbers: dict[str, int]) -> None:
    """An entry that can be put back: a long name, several lines."""
    kept = [spec for spec in specs_of(mapping) if spec.field != "phone"]
    save_rules(mapping, kept, update_key="code")
    entry = Entry.objects.latest("pk")
    entry.label = words.long * 5
    entry.save(update_fields=["label"])
    numbers["entry"] = entry.pk


def grow(world: World, account: Account, *, times: int = 12) -> None:
    """So much more of everything that pages list, so that what they ask for by row shows."""
    now = clock.now()
    owner = make_member(name="1", email="grown@example.com")
    first = Run.objects.get(pk=world.numbers["run"])
    for number in range(times):
        _add_rows(number, owner=owner)
        _add_runs(first, number)
        other = Account.objects.create_user(f"grown{number}")
        SignIn.objects.create(at=now, result=SignIn.Result.PASSWORD, account=other)
        make_custom_item(f"grown{number}")
        tokens.make(
            name=str(number),
            scope=ApiToken.Scope.READ,
            record_types=[RecordType.LEAD],
            life=None,
            account=account,
            now=now,
        )
        row = {"record_type": "company", "external_id": f"grown{number}", "reading": 1}
        Arrival.objects.create(**row, gone=True, owner_name=str(number), owner_unknown=True)
        Refusal.objects.create(**row, record={}, refused_at=now, label="x", reason="x")
        connection = make_connection(subdomain=f"grown{number}")
        schedules.ensure(connection, now=now)
        make_mapping(connection, app=500 + number, enabled=True, enabled_at=now)
        plan = world.mapping.connection.notice_plan
        NoticeChannel.objects.create(
            plan=plan, kind=ChannelKind.SLACK, name=str(number), url="https://example.com"
        )
    duplicate_searches.begin(RecordType.COMPANY, now=now)


def _add_rows(number: int, *, owner: Member) -> None:
    """A company that fails and looks like the others, with a department and a lead; a member."""
    company = make_company(
        external_id=f"G-{number}", name="G", main_tel="03-9999-9999", business_category_kbn="?"
    )
    department = make_department(company, name=str(number))
    make_lead(company, department=department, owner=owner, family_name=str(number))
    make_member(name=str(number), email=f"grown{number}@example.com", section="1 > 2")


def _add_runs(like: Run, number: int) -> None:
    """A run with as many outcomes as one that there was."""
    outcomes = list(like.outcomes.all())
    run = Run.objects.get(pk=like.pk)
    run.pk = None
    run.slot = like.slot - timedelta(days=number + 1)
    run.save()
    for outcome in outcomes:
        outcome.pk, outcome.run = None, run
        outcome.source_id += 10_000 + number
    like.outcomes.bulk_create(outcomes)
