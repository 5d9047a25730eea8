"""接続を確認 and 読み込み: what kintone says is put where a person can mend it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from common.problems import Problem
from common.types import RecordType
from common.wording import listed
from crm.labels import record_type_label
from integrations import connections
from integrations.connections import CheckLink, Link, LinkState
from integrations.kintone.access import Access, ask
from integrations.kintone.errors import AllowanceSpentError, ConfigReason, KintoneError
from integrations.models import Connection
from jobs.pages.forms import Auth, ConnectionForm
from jobs.pages.forms_apps import AppForm, BaseAppFormSet
from mapping import mappings, settings_drafts
from mapping.access_texts import AccessView, access_view
from mapping.checks import rights_missing
from mapping.models import Mapping, SettingsDraft
from mapping.problem_texts import describe
from mapping.suggestion_panel import suggestions_of

#: Reasons whose remedy is a field of its own, apart from the link that they break.
_FIELD_BY_REASON = {
    ConfigReason.BASIC_AUTH: "basic_user",
    ConfigReason.CERTIFICATE: "certificate_file",
    ConfigReason.TOKEN: "tokens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCheck:
    """The chain from here into one app; without an app, as far as the login."""

    form: AppForm | None
    app: int | None
    """The app that was asked for."""
    links: tuple[CheckLink, ...]
    access: Access | None = None
    """What the login may do with the app, where that was asked and the chain is whole."""

    @property
    def rights(self) -> AccessView | None:
        """The same, as the page shows it."""
        return access_view(self.access) if self.access else None

    @property
    def missing_rights(self) -> tuple[Problem, ...]:
        """The rights that the login certainly lacks."""
        return tuple(rights_missing(self.access))

    @property
    def broken(self) -> CheckLink | None:
        """The link that is broken."""
        return next((link for link in self.links if link.state == LinkState.BROKEN), None)

    @property
    def stops_everything(self) -> bool:
        """Whether the other apps of the connection cannot be reached either."""
        return self.broken is not None and self.broken.link not in {Link.PERMISSION, Link.APP}


def check_apps(
    connection: Connection, apps: BaseAppFormSet, *, rights_at: datetime | None = None
) -> list[AppCheck]:
    """The chain into each app, ending with the first that no app could be reached by.

    The connection need not be stored. With the present moment as `rights_at` kintone is also asked
    what the login may do.
    """
    checks = []
    given: list[AppForm | None] = [*apps.given()]
    for form in given or [None]:
        check = _check(connection, form)
        if rights_at and check.broken is None and check.app is not None:
            check = replace(check, access=_access(connection, form, now=rights_at))
        checks.append(check)
        if checks[-1].stops_everything:
            break
    return checks


def _check(connection: Connection, form: AppForm | None) -> AppCheck:
    app = form.cleaned_data["app"] if form else None
    guest_space = form.cleaned_data["guest_space"] if form else None
    links = connections.check(connection, app=app, guest_space=guest_space)
    return AppCheck(
        form=form,
        app=app,
        links=tuple(_named(link, connection=connection, app=app) for link in links),
    )


def _access(connection: Connection, form: AppForm | None, *, now: datetime) -> Access:
    assert form is not None  # there is an app
    guest_space = form.cleaned_data["guest_space"]
    with connections.page_client_for(connection, guest_space=guest_space) as client:
        login = connections.login_of(connection)
        return ask(client, form.cleaned_data["app"], login=login, now=now)


def _named(link: CheckLink, *, connection: Connection, app: int | None) -> CheckLink:
    """The link, its problem saying which kintone and which app."""
    if link.problem is None:
        return link
    params = {
        **link.problem.params,
        "subdomain": connection.subdomain,
        "app": app or "",
        "address": "、".join(settings.EGRESS_ADDRESSES),
    }
    return replace(link, problem=replace(link.problem, params=params))


def place_errors(checks: Iterable[AppCheck], form: ConnectionForm) -> bool:
    """Put what is broken beside the field that mends it; return whether anything is."""
    found = False
    for check in checks:
        if check.broken and check.broken.problem:
            _place(check, check.broken.problem, form)
            found = True
    return found


def _place(check: AppCheck, problem: Problem, form: ConnectionForm) -> None:
    assert check.broken is not None
    text = words_of(problem)
    if check.form and check.broken.link in {Link.PERMISSION, Link.APP}:
        check.form.add_error("app", text)
    else:
        form.add_error(_field_of(check.broken.link, problem, form), text)


def words_of(problem: Problem) -> str:
    """Why, and what to do, for somebody who just pressed a button and can press it again."""
    if problem.code == "kintone_down":
        return _(
            "kintoneから応答がありません。kintoneがメンテナンス中の可能性があります。"
            "時間をおいて、もう一度押してください。"
        )
    return describe(problem).body


def _field_of(link: Link, problem: Problem, form: ConnectionForm) -> str | None:
    reason = problem.code.removeprefix("kintone_config.")
    if reason in _FIELD_BY_REASON:
        return _FIELD_BY_REASON[ConfigReason(reason)]
    if link == Link.SUBDOMAIN:
        return "subdomain"
    if link == Link.LOGIN:
        return "tokens" if form.cleaned_data.get("auth") == Auth.TOKENS else "password"
    return None


def read_forms(
    loaded: Sequence[Mapping], *, draft: SettingsDraft | None = None, now: datetime
) -> Problem | None:
    """Read form and rights of each mapping's app; return why that failed, None if all were read.

    Args:
        draft: Read the apps to which it leads.
    """
    for mapping in loaded:
        aimed = settings_drafts.aimed_as_drafted(mapping, draft)
        try:
            with connections.page_client_for(
                aimed.connection, guest_space=aimed.guest_space
            ) as client:
                settings_drafts.read_app(mapping, draft, client, now=now)
        except AllowanceSpentError:
            return Problem(code="budget")
        except KintoneError as error:
            return connections.error_problem(error, connection=aimed.connection, app=aimed.app)
    return None


def offer(loaded: Sequence[Mapping]) -> str:
    """How many rules are proposed for each mapping that has none yet, in words; "" if none is."""
    counts = {
        mapping: len(suggestions_of(mapping).rules)
        for mapping in loaded
        if mapping.form and not mapping.rules.exists()
    }
    told = [
        _("%(mapping)s（%(count)s個）") % {"mapping": _named_mapping(mapping), "count": count}
        for mapping, count in counts.items()
        if count
    ]
    return _("連携先の候補があります：%(mappings)s。") % {"mappings": listed(told)} if told else ""


def _named_mapping(mapping: Mapping) -> str:
    record_type = record_type_label(RecordType(mapping.record_type))
    return f"{record_type} → {mapping.app_name or mapping.app}"


def key_problem(mapping: Mapping) -> Problem | None:
    """That the app, once read, has no field that could be the update key."""
    if not mapping.form:
        return None
    form = mappings.form_of(mapping)
    if any(field.can_be_update_key for field in form.fields.values()):
        return None
    return Problem(
        code="no_unique_field", params={"app": mapping.app, "app_name": mapping.app_name}
    )
