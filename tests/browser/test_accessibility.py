"""Every screen of the sync through axe, in both languages, themes and widths; nothing sideways."""

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from api import tokens
from api.models import ApiToken
from audit.models import Entry
from common import clock
from common.problems import Problem
from common.types import RecordType
from crm.models import Account
from jobs import liveness, previewing, previews, runs
from jobs.models import KeptExchange, Run
from jobs.notices.models import NoticeChannel, NoticePlan
from jobs.states import RunStatus, Trigger
from mapping.rules import save_rules, specs_of
from pulls import pulling, tenants
from pulls.models import Arrival, Pull, Refusal
from signin import factors
from signin.models import SignIn
from tests.builders_crm import change, make_company
from tests.builders_mapping import make_draft, make_mapping
from tests.flows.conftest import enabled_mapping, run_now
from tests.signin.conftest import give_factor

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from mapping.models import Mapping

pytestmark = pytest.mark.browser


PROPOSED: dict[str, dict[str, Any]] = {
    "会社ID": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "会社名": {"type": "SINGLE_LINE_TEXT"},
    "業種": {"type": "DROP_DOWN", "options": ["製造業"]},
    "郵便番号・住所": {"type": "SINGLE_LINE_TEXT"},
    "タグ一覧": {"type": "SUBTABLE", "fields": {"タグ": {"type": "SINGLE_LINE_TEXT"}}},
}


@pytest.fixture
def mapping(page: "Page", kintone: Any) -> "Mapping":
    """A mapping with a record that arrived, one that failed, and a run that moves."""
    made = enabled_mapping(kintone)
    make_notice_channel(made)
    company = make_company(name="株式会社青葉商事")
    make_company(business_category_kbn="情報・通信業" * 20)
    run_now(made)
    change(company, name="株式会社青葉商事" * 10)
    kintone.fail(code="GAIA_ZZ99", message="だめ" * 99, containing="青葉商事", method="PUT")
    run_now(made)
    preview = previews.start(made, reads_kintone=True, now=clock.now())
    previewing.make(preview.pk, owner=liveness.owner_here())
    moving = runs.start(made, trigger=Trigger.SCHEDULE, now=clock.now())
    Run.objects.filter(pk=moving.pk).update(status=RunStatus.RUNNING, started_at=clock.now())
    tenant = tenants.save(host="a.hotprofile.biz", api_key="key", enabled=True, notify=[])
    pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())
    Pull.objects.update(status=Pull.Status.RUNNING, stage="lead", total=9, done=3)
    row = {"record_type": "company", "external_id": "1", "reading": 1}
    Arrival.objects.create(**row, gone=True, owner_name="高橋 健", owner_unknown=True)
    kept = {"record": {}, "refused_at": clock.now()}
    Refusal.objects.create(**row, **kept, label="青葉商事" * 20, reason="会社名：長すぎます")
    tokens.make(
        name="基幹システム" * 10,
        scope=ApiToken.Scope.WRITE,
        record_types=list(RecordType),
        life=None,
        account=Account.objects.get(),
        now=clock.now(),
    )
    _fill_sign_ins()
    make_draft(made)
    # One that is new, so that its proposals stand open: some ticked, some with doubts, a template.
    make_mapping(made.connection, app=99, form=PROPOSED, rules={}, update_key="")
    return made


def _fill_sign_ins() -> None:
    """Two who have a second factor, one of whom changes the app; every way that a try can end."""
    me, other = Account.objects.get(), Account.objects.create_user("futari")
    for account in (me, other):
        give_factor(account)
    factors.set_up(me, now=clock.now())
    for result in SignIn.Result:
        SignIn.objects.create(at=clock.now(), result=result, account=me, browser="Edge" * 16)
    SignIn.objects.create(at=clock.now(), result=SignIn.Result.NO_ACCOUNT, name="abc…")


def addresses(mapping: "Mapping") -> list[str]:
    """Every screen of the sync, with something on it."""
    company = mapping_record(mapping)
    run = Run.objects.earliest("pk")
    return [
        "/",
        "/settings/",
        "/settings/new/",
        f"/settings/{mapping.connection_id}/",
        f"/settings/mappings/{mapping.pk}/",
        f"/settings/mappings/{mapping.connection.mappings.get(app=99).pk}/",
        f"/settings/mappings/{mapping.pk}/test/?record={company}",
        f"/settings/mappings/{mapping.pk}/failures/",
        f"/settings/mappings/{mapping.pk}/failures/{KeptExchange.objects.get().source_id}/",
        f"/settings/mappings/{mapping.pk}/first-load/",
        f"/settings/mappings/{mapping.pk}/preview/",
        f"/settings/mappings/{mapping.pk}/preview/?list=updated",
        f"/settings/mappings/{mapping.pk}/values/?field=industry",
        f"/settings/{mapping.connection_id}/users/",
        f"/settings/{mapping.connection_id}/recipe/company/",
        f"/settings/{mapping.connection_id}/delete/",
        f"/settings/{mapping.connection_id}/draft/",
        f"/settings/{mapping.connection_id}/draft/discard/",
        f"/settings/mappings/{mapping.pk}/delete/",
        "/runs/",
        f"/runs/{run.pk}/",
        f"/records/company/{company}/",
        "/source/",
        "/source/refused/",
        "/source/gone/",
        "/notices/",
        f"/notices/connections/{mapping.connection_id}/",
        f"/notices/connections/{mapping.connection_id}/add/",
        f"/notices/connections/{mapping.connection_id}/add/?kind=webhook",
        f"/notices/channels/{NoticeChannel.objects.get().pk}/",
        f"/notices/channels/{NoticeChannel.objects.get().pk}/delete/",
        "/manual/",
        "/manual/?q=kintone",
        "/manual/start/",
        "/manual/failures/",
        "/api-tokens/",
        "/api-tokens/add/",
        f"/api-tokens/{ApiToken.objects.get().pk}/",
        "/history/",
        "/history/?kind=account&period=7",
        f"/history/{changed(mapping)}/",
        f"/history/{changed(mapping)}/put-back/",
        "/account/",
        "/account/password/",
        "/account/second-factor/",
        "/account/second-factor/remove/",
        "/account/recovery-codes/",
        "/sign-ins/",
        "/sign-ins/settings/",
        "/customers/accounts/",
        f"/customers/accounts/{Account.objects.get(username='futari').pk}/",
        f"/accounts/{Account.objects.get(username='futari').pk}/second-factor/reset/",
    ]


def changed(mapping: "Mapping") -> int:
    """An entry of 操作履歴 that can be put back: long names, several lines."""
    known = Entry.objects.filter(kind="mapping.rules", details={"long": True}).first()
    if known is None:
        save_rules(mapping, specs_of(mapping)[:2], update_key="code")
        known = Entry.objects.latest("pk")
        known.label, known.details = "顧客リスト" * 10, {"long": True}
        known.save(update_fields=["label", "details"])
    return known.pk


def make_notice_channel(mapping: "Mapping") -> None:
    """A channel that fails, and whose name and host are long."""
    now = clock.now()
    url = f"https://{'long.' * 20}example.com/hook"
    failure = Problem(code="notice.gone", params={"status": 404, "said": "no_service" * 18})
    plan = NoticePlan.objects.create(connection=mapping.connection, succeeded_at=now)
    NoticeChannel.objects.create(
        plan=plan,
        kind="webhook",
        name="情報システム部" * 9,
        url=url,
        failed_at=now,
        failure=failure.as_json(),
    )


def mapping_record(mapping: "Mapping") -> int:
    """A record that failed."""
    return int(Run.objects.earliest("pk").outcomes.filter(outcome="invalid")[0].source_id)


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("ja", "light", 1280), ("ja", "dark", 390), ("en", "light", 390), ("en", "dark", 1280)],
)
def test_no_screen_shuts_anybody_out(
    page: "Page", mapping: "Mapping", language: str, scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.locator("html[lang=en]").wait_for()
    page.set_viewport_size({"width": width, "height": 800})

    found = {}
    for address in addresses(mapping):
        page.goto(address)
        violations = Axe().run(page).response["violations"]
        if violations:
            found[address] = [
                (one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in violations
            ]

    assert found == {}


@pytest.mark.parametrize("width", [320, 390, 752, 1280])
def test_no_screen_scrolls_sideways(page: "Page", mapping: "Mapping", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    too_wide = []
    for address in addresses(mapping):
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(address)

    assert too_wide == []


def test_at_390_everything_that_is_pressed_is_large_enough(
    page: "Page", mapping: "Mapping"
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    boxes = """
        [...document.querySelectorAll("button, a.button, input, select, summary")]
        .filter(one => one.offsetParent)
        .filter(one => !["checkbox", "radio"].includes(one.type))
        .filter(one => one.getBoundingClientRect().height < 44)
        .map(one => one.outerHTML.slice(0, 120))
    """

    small = {}
    for address in addresses(mapping):
        page.goto(address)
        if found := page.evaluate(boxes):
            small[address] = found

    assert small == {}
