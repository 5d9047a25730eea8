"""Makes the database say what a settings file says, in one transaction, and reports it."""

from collections.abc import Callable, Collection
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.kinds import Kind
from common.problems import Problem
from common.types import RecordType
from crm import access, custom_items
from crm.labels import record_type_label
from crm.models import AccessMode, CustomItem, Member
from integrations.models import Connection
from jobs import connection_log, removing, schedules
from jobs.models import Schedule
from jobs.settings_file import applying_source, applying_users, credentials
from jobs.settings_file.applying_mappings import MappingApplier, still_active
from jobs.settings_file.applying_notices import NoticesApplier
from jobs.settings_file.document import FileProblem, SettingsFileError
from jobs.settings_file.forms import (
    ReadForm,
    Target,
    read_forms_again,
    read_missing_forms,
)
from jobs.settings_file.report import Report, connection_name, mapping_name
from jobs.settings_file.specs import (
    ABSENT,
    ConnectionSpec,
    CustomItemSpec,
    SettingsSpec,
    SourceSpec,
)
from jobs.states import Interval
from mapping.mappings import forget_target
from pulls import tenants


def apply(
    settings: SettingsSpec,
    *,
    now: datetime,
    prune: bool = False,
    restores: bool = False,
    kind: Kind | None = None,
    first: Callable[[], None] | None = None,
) -> Report:
    """Make the settings as the file says; what it leaves out stays. Applying again changes nothing.

    Forms that were never loaded are read from kintone first, and those that refuse a rule are read
    again; where that fails, the settings are saved all the same, and the first run reads them.

    Args:
        prune: Remove what stands in none of the lists that the file does have.
        restores: It is no file but what was there before (操作履歴), or a draft. Rules and users
            that are named are all there are; what changed while a mapping was off is sent; an app
            that cannot be read is refused.
        kind: What 操作履歴 calls the change of a connection; by default by `restores`.
        first: Called in the transaction, before anything is written; what it raises ends it.

    Raises:
        SettingsFileError: nothing was changed.
    """
    how = _How(now=now, prune=prune, plan=False, restores=restores, kind=kind, first=first)
    return _carry_out(settings, how)


def plan(
    settings: SettingsSpec, *, now: datetime, prune: bool = False, restores: bool = False
) -> Report:
    """What `apply` would change. It reads forms as `apply` does; nothing is written.

    Raises:
        SettingsFileError: as `apply` would.
    """
    return _carry_out(settings, _How(now=now, prune=prune, plan=True, restores=restores))


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """See `apply`."""

    now: datetime
    prune: bool
    plan: bool
    restores: bool
    kind: Kind | None = None
    first: Callable[[], None] | None = None

    @property
    def kind_of_change(self) -> Kind:
        """What 操作履歴 calls it."""
        return self.kind or (Kind.CONNECTION_BACK if self.restores else Kind.CONNECTION_FILE)


def _carry_out(settings: SettingsSpec, how: _How) -> Report:
    # A person waits for what is put back.
    patient = not how.plan and not how.restores
    forms = read_missing_forms(settings, patient=patient)
    first = _Applier(forms=forms, how=how)
    try:
        return _in_one_transaction(first, settings, how)
    except SettingsFileError:
        if not first.refused_by_old_forms:
            raise
    # kintone's form may have been changed for these very rules.
    forms |= read_forms_again(settings, first.refused_by_old_forms, patient=patient)
    return _in_one_transaction(_Applier(forms=forms, how=how), settings, how)


def _in_one_transaction(applier: "_Applier", settings: SettingsSpec, how: _How) -> Report:
    with recording.trying() if how.plan else transaction.atomic():
        if how.first:
            how.first()
        return applier.run(settings)


class _Applier:
    def __init__(
        self,
        *,
        forms: MappingOf[Target, ReadForm | Problem],
        how: _How,
    ) -> None:
        self._report = Report()
        self._problems: list[FileProblem] = []
        self._now = how.now
        self._prune = how.prune
        self._restores = how.restores
        self._kind = how.kind_of_change
        self._mappings = MappingApplier(
            report=self._report,
            problems=self._problems,
            forms=forms,
            now=how.now,
            prune=how.prune,
            plan=how.plan,
            restores=how.restores,
        )

    @property
    def refused_by_old_forms(self) -> Collection[Target]:
        """The mappings whose rules did not fit a form that was read some other day."""
        return self._mappings.refused_by_old_forms

    def run(self, settings: SettingsSpec) -> Report:
        """Apply everything, then say what was wrong, all at once."""
        if settings.access_mode is not ABSENT:
            self._access_mode(settings.access_mode)
        if settings.source is not ABSENT:
            self._source(settings.source)
        for record_type, specs in (settings.custom_items or {}).items():
            self._custom_items(record_type, specs)
        if settings.connections is not ABSENT:
            for spec in settings.connections:
                self._connection(spec)
            if self._prune:
                self._prune_connections({spec.name for spec in settings.connections})
        if self._problems:
            raise SettingsFileError(self._problems)
        return self._report

    def _access_mode(self, wanted: AccessMode) -> None:
        before = access.mode()
        if wanted is not before:
            access.choose(wanted)
            self._report.changed(
                _("顧客データ"),
                what=_("アクセス権限のモード"),
                before=before.label,
                after=wanted.label,
            )

    def _source(self, spec: SourceSpec) -> None:
        is_new = tenants.tenant() is None
        applying_source.apply(spec, report=self._report, problems=self._problems)
        tenant = tenants.tenant()
        if tenant and spec.notices is not ABSENT:
            notices = self._notices(applying_source.name_of(tenant.host), is_new=is_new)
            notices.apply(tenant, spec.notices)

    def _notices(self, thing: str, *, is_new: bool) -> NoticesApplier:
        return NoticesApplier(
            thing=thing,
            report=self._report,
            problems=self._problems,
            now=self._now,
            prune=self._prune,
            is_new=is_new,
        )

    def _custom_items(self, record_type: RecordType, specs: tuple[CustomItemSpec, ...]) -> None:
        stored = {item.key: item for item in CustomItem.objects.filter(record_type=record_type)}
        for spec in specs:
            item = stored.get(spec.key)
            thing = _custom_name(record_type, spec.key)
            if item is None:
                custom_items.add(record_type, key=spec.key, label=spec.label, kind=spec.kind)
                self._report.added(thing)
                continue
            if item.kind != spec.kind:
                message = _("種類は後から変更できません（現在は%(kind)s）。") % {"kind": item.kind}
                self._problems.append(spec.node.fields["kind"].problem(message))
            if item.label != spec.label:
                self._report.changed(thing, what=_("項目名"), before=item.label, after=spec.label)
                custom_items.rename(item, label=spec.label)
        if self._prune:
            for key in stored.keys() - {spec.key for spec in specs}:
                custom_items.delete(stored[key])
                self._report.removed(_custom_name(record_type, key))

    def _connection(self, spec: ConnectionSpec) -> None:
        stored = Connection.objects.filter(name=spec.name).first()
        if stored is None and spec.subdomain is ABSENT:
            message = _("「%(key)s」を書いてください。") % {"key": "subdomain"}
            self._problems.append(spec.node.problem(message))
            return
        connection = stored or Connection(name=spec.name)
        with connection_log.changing(connection, self._kind, whole=True):
            self._apply_connection(connection, spec, is_new=stored is None)
        if spec.notices is not ABSENT:
            # 操作履歴 tells of them by themselves: plan and channels have entries of their own.
            notices = self._notices(connection_name(connection), is_new=stored is None)
            notices.apply(connection, spec.notices)

    def _apply_connection(
        self, connection: Connection, spec: ConnectionSpec, *, is_new: bool
    ) -> None:
        before = {one: getattr(connection, one) for one in _columns()}
        host = connection.host
        credentials.fill(connection, spec)
        self._rename(connection, spec)
        connection.save()
        for mapping in connection.mappings.all() if connection.host != host else ():
            forget_target(mapping)  # another kintone has other forms
        if is_new:
            self._report.added(connection_name(connection))
        else:
            self._compare(connection, before)
        if spec.auth is not ABSENT and not self._restores:
            credentials.remember_names(connection, spec.auth)
        self._schedule(connection, spec, is_new=is_new)
        if spec.users is not ABSENT:
            applying_users.apply(
                connection,
                spec.users,
                prune=self._prune or self._restores,
                is_new=is_new,
                report=self._report,
            )
        if spec.mappings is not ABSENT:
            self._mappings.apply(connection, spec.mappings, without=spec.without)

    def _rename(self, connection: Connection, spec: ConnectionSpec) -> None:
        if spec.new_name is ABSENT:
            return
        others = Connection.objects.exclude(pk=connection.pk)
        if others.filter(name=spec.new_name).exists():
            message = _("同じ名前の接続があります。別の名前を入力してください。")
            self._problems.append(spec.node.problem(message))
            return
        connection.name = spec.new_name

    def _compare(self, connection: Connection, before: MappingOf[str, str]) -> None:
        thing = connection_name(connection)
        for column in _columns():
            after = getattr(connection, column)
            if after == before[column]:
                continue
            what = credentials.label_of(column)
            if column in credentials.HIDDEN:
                self._report.secret_changed(thing, what=what)
            else:
                self._report.changed(thing, what=what, before=before[column], after=after)

    def _schedule(self, connection: Connection, spec: ConnectionSpec, *, is_new: bool) -> None:
        interval = Interval(spec.interval or Interval.MINUTES_5)
        schedule = schedules.ensure(connection, interval=interval, now=self._now)
        report = Report() if is_new else self._report
        thing = connection_name(connection)
        if spec.interval is not ABSENT and schedule.interval != interval:
            former = Interval(schedule.interval)
            what = _("実行スケジュール")
            report.changed(thing, what=what, before=former.label, after=interval.label)
            schedules.set_interval(schedule, interval=interval, now=self._now)
        if spec.sync_user is not ABSENT:
            self._sync_user(schedule, spec.sync_user, report)
        if spec.notify is not ABSENT and tuple(schedule.notify) != spec.notify:
            before, after = ", ".join(schedule.notify), ", ".join(spec.notify)
            report.changed(thing, what=_("通知先メールアドレス"), before=before, after=after)
            schedule.notify = list(spec.notify)
        schedule.save(update_fields=["sync_user", "sync_user_email", "notify"])

    def _sync_user(self, schedule: Schedule, email: str, report: Report) -> None:
        """The member of that address; one who has not come in yet is known by it all the same."""
        thing = connection_name(schedule.connection)
        before = schedule.sync_user_email
        if before != email:
            report.changed(thing, what=_("連携ユーザー"), before=before, after=email)
        schedule.sync_user_email = email
        schedule.sync_user = Member.objects.filter(email__iexact=email).first() if email else None
        if email and schedule.sync_user is None:
            self._report.note(
                thing,
                _("社員「%(email)s」はまだ取り込まれていません。取り込むまでリードを連携しません。")
                % {"email": email},
            )

    def _prune_connections(self, named: set[str]) -> None:
        for connection in Connection.objects.exclude(name__in=named):
            for mapping in connection.mappings.all():
                self._report.removed(mapping_name(mapping))
            self._report.removed(connection_name(connection))
            try:
                removing.delete_connection(connection)
            except removing.StillActiveError:
                self._problems.append(still_active(connection_name(connection)))


def _columns() -> tuple[str, ...]:
    return (*credentials.SHOWN, *credentials.HIDDEN)


def _custom_name(record_type: RecordType, key: str) -> str:
    return _("カスタム項目「%(key)s」（%(type)s）") % {
        "key": key,
        "type": record_type_label(record_type),
    }
