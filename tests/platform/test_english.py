"""Whoever reads English finds no Japanese on any screen, but in their own data."""

import re
from datetime import time, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from api import tokens
from api.models import ApiToken
from audit.models import Entry
from common import clock
from common.problems import Problem
from common.types import RecordType
from crm.models import Account, Company, CustomItem, ImportRun, Member
from integrations import connections
from integrations.models import Connection
from jobs import identity, liveness, previewing, previews, runs, sight
from jobs.models import Alert, Ledger, LedgerEntry, Run
from jobs.notices.models import Delivery, NoticeChannel, NoticePlan
from jobs.notices.states import ChannelKind, Digest
from jobs.states import RunStatus, Trigger
from manual.contents import SLUGS
from mapping import mappings
from mapping.models import Mapping
from mapping.rules import save_rules
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
from tests.conftest import PASSWORD, signed_in
from tests.flows.conftest import enabled_mapping, run_now
from tests.screens.listed import SCREENS
from tests.screens.world import ENGLISH, build
from tests.signin.conftest import code_of, give_factor

JAPANESE = re.compile("[ぁ-ヿ一-鿿ｦ-ﾟ]")
#: Said in Japanese on purpose: the button that leads back to it.
EXCEPTIONS = {
    "日本語",
    # Fields of every kintone app, by the names that a Japanese one gives them.
    *("レコード番号", "作成者", "作成日時", "更新者", "更新日時"),
    *("ステータス", "作業者", "カテゴリー"),
    "全体",  # the value of 公開範囲, as kintone gets it
}
#: What of an element is read out, shown or announced.
SPOKEN = {"aria-label", "alt", "title", "placeholder", "value"} | {
    f"data-{name}" for name in ("say", "busy", "lost", "label")
}

FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "Code", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "Name", "required": True},
    "rank": {"type": "SINGLE_LINE_TEXT", "label": "Rank", "required": True},
    "phone": {"type": "LINK", "label": "Phone", "protocol": "CALL"},
    "industry": {"type": "DROP_DOWN", "label": "Industry", "options": ["Retail"]},
    "people": {"type": "USER_SELECT", "label": "People"},
    "sum": {"type": "CALC", "label": "Sum", "expression": "1"},
    "file": {"type": "FILE", "label": "File"},
    "rows": {
        "type": "SUBTABLE",
        "label": "Rows",
        "fields": {"memo": {"type": "MULTI_LINE_TEXT", "label": "Memo"}},
    },
}
TOKEN = {"name": "ERP", "scope": "read", "record_types": ["company"], "days": "30"}
TOKEN_VALUES: dict[str, Any] = {
    "name": "ERP",
    "scope": ApiToken.Scope.WRITE,
    "record_types": list(RecordType),
    "life": None,
}
RULES = {
    "code": "external_id",
    "name": "name",
    "phone": "main_tel",
    "industry": "business_category_kbn",
}


class _Reader(HTMLParser):
    """Gathers what a person sees, hears or is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        # The value of an option is sent, what stands beside it is shown.
        if tag != "option":
            self.said += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def japanese_on(html: str) -> list[str]:
    """The Japanese words of a page, exceptions left out."""
    reader = _Reader()
    reader.feed(html)
    said = [" ".join(words.split()) for words in reader.said]
    return [words for words in said if JAPANESE.search(words) and words not in EXCEPTIONS]


@pytest.fixture
def reader(as_administrator: Client) -> Client:
    """An administrator who chose English."""
    as_administrator.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return as_administrator


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    """Records that arrived, failed and wait, runs that ended and one that moves; no Japanese."""
    connection = make_connection(name="Production", login=kintone.login, password=kintone.password)
    # A required field that the app does not have yet is seen by the mapping alone.
    at_kintone = {code: field for code, field in FIELDS.items() if code != "rank"}
    made = enabled_mapping(
        kintone,
        connection=connection,
        app=kintone.add_app("Customers", form_answer(at_kintone)["properties"]),
        app_name="Customers",
        fields=FIELDS,
        rules=RULES,
        update_key="code",
    )
    make_mapping(connection, record_type="lead", app=998, app_name="", form={}, rules={})
    make_custom_item("grade", label="Grade")
    member = make_member(name="Hanako Sato")
    company = make_company(name="Aoba", business_category_kbn="Retail")
    make_company(name="Wakaba", business_category_kbn="Nowhere")
    make_lead(company, family_name="Sato", first_name="Jiro", owner=member)
    make_department(company, name="Sales")
    run_now(made)
    kintone.rename_field(made.app, "phone", "telephone")
    kintone.set_field(made.app, "industry", options=["Wholesale"])
    Mapping.objects.filter(pk=made.pk).update(form_read_at=None)
    change(company, name="Aoba Holdings")
    run_now(made)
    change(company, name="Aoba Trading")
    _fail_at_kintone(made, kintone)
    preview = previews.start(made, reads_kintone=True, now=clock.now())
    previewing.make(preview.pk, owner=liveness.owner_here())
    moving = runs.start(made, trigger=Trigger.SCHEDULE, now=clock.now())
    Run.objects.filter(pk=moving.pk).update(status=RunStatus.RUNNING, started_at=clock.now())
    _fill_source()
    _fill_notices(made.connection)
    _take_rights_away(made, kintone)
    # An app that was made without its fields.
    half = Mapping.objects.create(
        connection=connection, record_type="company", app=997, app_name="New"
    )
    save_rules(half, [RuleSpec(field="code", source="external_id")], update_key="code")
    tokens.make(**TOKEN_VALUES | {"account": Account.objects.first()}, now=clock.now())
    _fill_sign_ins()
    make_draft(made)
    return made


def _fail_at_kintone(mapping: Mapping, kintone: Any) -> None:
    """One record that kintone refuses by a code that nobody knows."""
    make_company(name="Tsubame")
    kintone.fail(code="GAIA_ZZ99", message="No.", containing="Tsubame", times=None, method="PUT")
    run_now(mapping)


def _take_rights_away(mapping: Mapping, kintone: Any) -> None:
    kintone.grant(mapping.app, "view", "edit", "manage")
    kintone.app(mapping.app).read_only = {"name"}
    with connections.client_for(mapping.connection) as client:
        mappings.read_access(mapping, client, now=clock.now())


def _fill_sign_ins() -> None:
    """Two accounts with a second factor, and every way that signing in can end."""
    for account in (Account.objects.get(), Account.objects.create_user("other")):
        give_factor(account)
    for result in SignIn.Result:
        SignIn.objects.create(at=clock.now(), result=result, account=Account.objects.first())
    SignIn.objects.create(at=clock.now(), result=SignIn.Result.NO_ACCOUNT, name="abc…")


def _fill_source() -> None:
    """A tenant with trouble, and rows that need a look."""
    tenant = tenants.save(host="a.hotprofile.biz", api_key="key", enabled=True, notify=[])
    pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())
    pulling.take(pull.pk, owner="test", now=clock.now())
    problem = Problem(code="hotprofile_config.key")
    pulling.finish(pull.pk, owner="test", now=clock.now(), problem=problem)
    row = {"record_type": "company", "external_id": "1", "reading": 1}
    Arrival.objects.create(**row, gone=True, owner_name="Ken", owner_unknown=True)
    kept = {"label": "Aoba", "record": {}, "reason": "Name: too long", "refused_at": clock.now()}
    Refusal.objects.create(**row, **kept)


def _fill_notices(connection: Connection) -> None:
    """Channels of all kinds, one that fails, one that gave up."""
    now = clock.now()
    plan = NoticePlan.objects.create(
        connection=connection,
        quiet_from=time(22),
        quiet_until=time(7),
        digest=Digest.HOURLY,
        addresses={"budget": []},
        succeeded_at=now,
    )
    failed = {"failed_at": now, "failure": Problem(code="notice.gone").as_json()}
    for kind in ChannelKind:
        values = {"kind": kind, "name": str(kind), "url": "https://example.com/", "secret": "x"}
        NoticeChannel.objects.create(plan=plan, **values, **failed)
    channel = plan.channels.earliest("pk")
    alert = Alert.objects.create(connection=connection, kind="internal", began_at=now, ended_at=now)
    row = {"plan": plan, "alert": alert, "stage": "began", "since": now, "created_at": now}
    row |= {"urgent": True, "gathered": True, "due_at": now + timedelta(hours=1)}
    Delivery.objects.create(channel=channel, attempts=2, **row)
    Delivery.objects.create(channel=channel, given_up_at=now, **row)
    Delivery.objects.create(**row)


def addresses(mapping: Mapping) -> list[str]:
    """Every screen, with something on it."""
    companies = list(Company.objects.order_by("pk"))
    types = ("company", "department", "lead")
    pks = {
        "crm:custom-item": CustomItem.objects.get().pk,
        "crm:custom-item-delete": CustomItem.objects.get().pk,
        "crm:member": Member.objects.get().pk,
        "crm:member-delete": Member.objects.get().pk,
        "crm:account": Account.objects.get(username="kanri").pk,
        "crm:account-password": Account.objects.get(username="kanri").pk,
        "api-token": ApiToken.objects.get().pk,
        "jobs:connection": mapping.connection_id,
        "jobs:connection-delete": mapping.connection_id,
        "drafts:register": mapping.connection_id,
        "drafts:discard": mapping.connection_id,
        "jobs:connection-users": mapping.connection_id,
        "jobs:cleansing": mapping.connection_id,
        "jobs:notice-plan": mapping.connection_id,
        "jobs:notice-channel-add": mapping.connection_id,
        "jobs:notice-channel-delete": NoticeChannel.objects.earliest("pk").pk,
        "jobs:sight": Mapping.objects.get(record_type="lead").pk,
        "jobs:mapping-delete": mapping.pk,
        "jobs:trial": mapping.pk,
        "jobs:failures": mapping.pk,
        "jobs:first-load": mapping.pk,
        "jobs:preview": mapping.pk,
        "mapping:edit": mapping.pk,
    }
    names = (
        *("dashboard", "settings", "connection-new", "runs"),
        *("source", "source-refused", "source-gone", "source-delete", "left-over"),
        *("notices", "notice-plan", "notice-channel-add"),
    )
    nothing_found = "?q=zzzz"
    return [
        *(reverse(f"jobs:{name}") for name in names),
        *(reverse(name, args=[pk]) for name, pk in pks.items()),
        *(reverse("jobs:run", args=[run.pk]) for run in Run.objects.all()),
        *(reverse("jobs:notice-channel", args=[one.pk]) for one in NoticeChannel.objects.all()),
        *(f"{reverse('jobs:notice-channel-add')}?kind={kind}" for kind in ChannelKind),
        *(reverse("jobs:record-state", args=["company", one.pk]) for one in companies),
        *(reverse("crm:record", args=["company", one.pk]) for one in companies),
        *(
            reverse(f"crm:{name}", args=[kind])
            for name in ("records", "record-add", "custom-items", "import")
            for kind in types
        ),
        *(reverse("jobs:exchange", args=[mapping.pk, one.pk]) for one in companies),
        reverse("crm:record-edit", args=["company", companies[0].pk]),
        reverse("jobs:record-id", args=["company", companies[0].pk]),
        reverse("jobs:duplicate", args=["company", companies[0].pk, companies[1].pk]),
        *(reverse(f"jobs:{name}", args=[kind]) for name in ("ids", "duplicates") for kind in types),
        reverse("jobs:ids", args=["company"]) + nothing_found,
        *(reverse(f"crm:{name}") for name in ("members", "member-add", "accounts", "account-add")),
        *(reverse(name) for name in ("crm:members-import", "jobs:access-mode")),
        *(reverse(name) for name in ("api-tokens", "api-token-add", "api-docs")),
        *(
            reverse(f"signin:{name}")
            for name in (
                *("mine", "password", "factor", "recovery", "factor-remove"),
                *("history", "settings"),
            )
        ),
        reverse("signin:history") + "?result=recovery",
        reverse("crm:account", args=[Account.objects.get(username="other").pk]),
        reverse("signin:factor-reset", args=[Account.objects.get(username="other").pk]),
        reverse("manual:contents"),
        *(reverse("manual:contents") + f"?q={words}" for words in ("lookup", "zzzz")),
        *(reverse("manual:page", args=[slug]) for slug in SLUGS),
        reverse("crm:records", args=["company"]) + nothing_found,
        reverse("crm:members") + nothing_found,
        reverse("jobs:trial", args=[mapping.pk]) + f"?record={companies[1].pk}",
        reverse("jobs:trial", args=[mapping.pk]) + "?q=a",
        reverse("jobs:trial", args=[mapping.pk]) + nothing_found,
        *(
            reverse("jobs:preview", args=[mapping.pk]) + f"?list={name}"
            for name in ("created", "updated", "failed", "skipped")
        ),
        reverse("mapping:edit", args=[mapping.pk]) + "?show=problems",
        reverse("jobs:values", args=[mapping.pk]) + "?field=industry",
        reverse("jobs:connection-recipe", args=[mapping.connection_id, "company"]),
        *history(),
        "/nowhere/",
    ]


def history() -> list[str]:
    """操作履歴: the list, every entry, and every question whether to put it back."""
    entries = Entry.objects.values_list("pk", flat=True)
    return [
        reverse("history:entries"),
        reverse("history:entries") + "?kind=token&actor=origin:file",
        *(reverse("history:entry", args=[pk]) for pk in entries),
        *(reverse("history:put-back", args=[pk]) for pk in entries),
    ]


def test_japanese_is_noticed_wherever_it_stands() -> None:
    page = '<p lang="ja">会社</p><button data-busy="確認中…">Check</button><script>"会社"</script>'

    assert japanese_on(page) == ["会社", "確認中…"]


def test_no_screen_shows_japanese_to_an_english_reader(reader: Client, mapping: Mapping) -> None:
    found = {
        address: words
        for address in addresses(mapping)
        if (words := japanese_on(reader.get(address).content.decode()))
    }

    assert found == {}


def test_no_screen_of_the_list_shows_japanese_to_an_english_reader(
    reader: Client, kintone: Any
) -> None:
    with translation.override("en"):
        world = build(kintone, Account.objects.get(), words=ENGLISH)
    found = {
        screen.name: words
        for screen in SCREENS
        if (words := japanese_on(reader.get(screen.address(world)).content.decode()))
    }

    assert found == {}


def test_no_refusal_of_a_form_is_in_japanese(reader: Client, mapping: Mapping) -> None:
    recipe = reverse("jobs:connection-recipe", args=[mapping.connection_id, "company"])
    new = Mapping.objects.get(app=997).pk
    connection = {"subdomain": "あ", "domain": "cybozu.com", "auth": "login", "interval": "5m"}
    apps = {"app-TOTAL_FORMS": "1", "app-INITIAL_FORMS": "0", "app-0-app": "abc"}
    forms: list[tuple[str, dict[str, Any]]] = [
        (reverse("jobs:connection-new"), {**connection, **apps, "action": "load"}),
        (reverse("jobs:connection-delete", args=[mapping.connection_id]), {}),
        (reverse("mapping:edit", args=[mapping.pk]), {"action": "save", "key": "", "item": []}),
        (reverse("jobs:trial-push", args=[mapping.pk]), {"record": Company.objects.all()[0].pk}),
        (reverse("jobs:enable", args=[mapping.pk]), {}),
        (reverse("drafts:register", args=[mapping.connection_id]), {}),
        (reverse("drafts:discard", args=[mapping.connection_id]), {}),
        (reverse("jobs:connection", args=[mapping.connection_id]), {"seen": "x"}),
        (reverse("mapping:edit", args=[mapping.pk]), {"seen": "x"}),
        (reverse("crm:member-add"), {"email": "a"}),
        (reverse("crm:members-import"), {}),
        (reverse("jobs:access-mode"), {"mode": "x"}),
        (reverse("crm:account-add"), {"password": "short"}),
        (reverse("crm:account-add"), {"password": "kintone12345"}),
        (reverse("crm:account-add"), {"password": "aaaaaaaaaaaa"}),
        (reverse("signin:password"), {"own_password": "wrong", "password": "short"}),
        (reverse("signin:factor-begin"), {}),
        (reverse("signin:factor"), {"code": "1"}),
        (reverse("signin:factor"), {}),
        (reverse("signin:recovery"), {}),
        (reverse("signin:sessions-end"), {}),
        (reverse("signin:settings"), {"second_factor_required": "on"}),
        (reverse("signin:factor-remove"), {}),
        (reverse("signin:unlock", args=[Account.objects.get(username="other").pk]), {}),
        (reverse("signin:factor-reset", args=[Account.objects.get(username="other").pk]), {}),
        (reverse("signin:settings"), {}),
        (reverse("signin:factor-remove"), {}),
        (reverse("signin:settings"), {"second_factor_required": "on"}),
        (reverse("crm:custom-items", args=["company"]), {"key": "A"}),
        (reverse("crm:record-add", args=["company"]), {"latitude": "north"}),
        (reverse("crm:import", args=["company"]), {}),
        (recipe, {"action": "complete", "mapping": new}),
        (reverse("jobs:ids", args=["company"]), {"lines": "old_id\nA\n"}),
        (reverse("jobs:ids", args=["company"]), {"lines": "old_id,new_id\nA,B\nB,A\n"}),
        (reverse("jobs:record-id", args=["company", Company.objects.all()[0].pk]), {}),
        (reverse("jobs:duplicates", args=["company"]), {}),
        (reverse("jobs:duplicate", args=["company", *_two_companies()]), {"action": "merge"}),
        (reverse("jobs:left-over"), {}),
        (reverse("jobs:cleansing", args=[mapping.connection_id]), {"action": "begin"}),
        (reverse("jobs:cleansing", args=[mapping.connection_id]), {"action": "end"}),
        (reverse("api-token-add"), {}),
        (reverse("api-token-add"), TOKEN),
    ]

    found = {}
    for address, values in forms:
        page = reader.post(address, values, follow=True).content.decode()
        if words := [said for said in japanese_on(page) if said != "あ"]:
            found[address] = words

    assert found == {}


def _two_companies() -> list[int]:
    return [*Company.objects.order_by("pk").values_list("pk", flat=True)[:2]]


def test_merged_records_resting_mappings_and_few_leads_are_told_in_english(
    reader: Client, mapping: Mapping
) -> None:
    two = {"external_id": "B", "name": "Aoba 2", "business_category_kbn": "Retail"}
    gone, into = make_company(external_id="A", name="Aoba 1"), make_company(**two)
    ledger = Ledger.objects.get(mapping=mapping)
    known = {"state": "synced", "version": 1, "touched_at": clock.now()}
    LedgerEntry.objects.create(ledger=ledger, source_id=gone.pk, record_id=901, **known)
    LedgerEntry.objects.create(ledger=ledger, source_id=into.pk, record_id=902, **known)
    identity.merge_two(RecordType.COMPANY, gone.pk, into_id=into.pk, now=clock.now())
    leads = Mapping.objects.get(record_type="lead")
    for count in (100, 50):
        sight.review(leads, Member.objects.all()[0], count=count, now=clock.now())
    Mapping.objects.filter(pk=leads.pk).update(enabled=True, enabled_at=clock.now())
    shown = [
        reverse("jobs:left-over"),
        reverse("jobs:ids", args=["company"]),
        reverse("jobs:sight", args=[leads.pk]),
        reverse("jobs:dashboard"),
    ]
    found = [words for one in shown for words in japanese_on(reader.get(one).content.decode())]
    reader.post(reverse("jobs:cleansing", args=[mapping.connection_id]), {"action": "begin"})
    found += japanese_on(
        reader.get(reverse("jobs:cleansing", args=[mapping.connection_id])).content.decode()
    )

    assert found == []


def test_an_import_is_told_in_english_from_the_first_line_to_the_report(reader: Client) -> None:
    file = SimpleUploadedFile("a.csv", b"External ID,Company name,Latitude\nC-1,Aoba,north\n")
    reader.post(reverse("crm:import", args=["company"]), {"file": file})
    run = ImportRun.objects.get()

    match = reader.get(reverse("crm:import-match", args=[run.pk])).content.decode()
    report = reader.get(reverse("crm:import-run", args=[run.pk])).content.decode()

    assert (japanese_on(match), japanese_on(report)) == ([], [])


def test_signing_in_is_told_in_english_step_by_step(administrator: Account) -> None:
    key, _ = give_factor(administrator)
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    given = {"username": administrator.username, "password": PASSWORD}
    pages = [
        browser.get("/sign-in/code/", follow=True),
        browser.post("/sign-in/", given, follow=True),
        browser.get("/sign-in/code/?recovery=1"),
        browser.post("/sign-in/code/?recovery=1", {"code": "x"}),
        browser.post("/sign-in/code/", {}),
        *(browser.post("/sign-in/code/", {"code": "x"}) for _ in range(factors.FREE_WRONG)),
    ]
    factors.unlock(administrator)
    factors.take_code(administrator, code_of(key), now=clock.now())
    pages.append(browser.post("/sign-in/code/", {"code": code_of(key)}))
    _, codes = give_factor(administrator)
    answer = {"code": codes[0]}
    pages.append(browser.post("/sign-in/code/?recovery=1", answer, follow=True))
    Client().post("/sign-in/", given)
    confirming = signed_in(administrator, at=clock.now() - timedelta(hours=1))
    confirming.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    pages.append(confirming.post(reverse("crm:account-add"), {}))
    pages.append(confirming.post(reverse("crm:account-add"), {"kept": "x"}, follow=True))

    assert [words for page in pages for words in japanese_on(page.content.decode())] == []
