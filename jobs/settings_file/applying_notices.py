"""How people are told, as the settings file says it."""

from datetime import datetime

from django.utils.translation import gettext as _

from integrations.models import Connection
from jobs.notices.models import NoticeChannel, NoticePlan
from jobs.notices.origins import origin_of, with_stored_plan
from jobs.notices.plans import PlanValues, delete_channel, save_channel, save_values
from jobs.notices.states import ChannelKind, Digest
from jobs.settings_file.document import FileProblem
from jobs.settings_file.report import Report
from jobs.settings_file.specs import ABSENT, NoticeChannelSpec, NoticesSpec, Secret
from jobs.states import AlertKind
from pulls.models import Tenant


class NoticesApplier:
    """Makes one origin's notices so; what the file leaves out stays."""

    def __init__(
        self,
        *,
        thing: str,
        report: Report,
        problems: list[FileProblem],
        now: datetime,
        prune: bool,
        is_new: bool,
    ) -> None:
        """`thing` is what the report calls the origin; of a new one it tells no differences."""
        self._thing = thing
        self._report = Report() if is_new else report
        self._problems = problems
        self._now = now
        self._prune = prune

    def apply(self, owner: Connection | Tenant, spec: NoticesSpec) -> None:
        """Store what the file says, and report what is different."""
        before = origin_of(owner).plan
        values = self._values(before, spec)
        if values != _values_of(before):
            self._compare(before, values)
            save_values(owner, values, now=self._now)
        if spec.channels is ABSENT:
            return
        plan = with_stored_plan(owner).plan
        for channel in spec.channels:
            self._channel(plan, channel)
        if self._prune:
            named = {one.name for one in spec.channels}
            for gone in plan.channels.exclude(name__in=named):
                self._report.removed(self._name(gone.name))
                delete_channel(gone)

    def _values(self, plan: NoticePlan, spec: NoticesSpec) -> PlanValues:
        given = {} if self._prune and spec.addresses is not ABSENT else dict(plan.addresses)
        for kind, addresses in (spec.addresses or {}).items():
            given.pop(kind, None)
            if addresses is not None:
                given[kind] = list(addresses)
        quiet = (plan.quiet_from, plan.quiet_until)
        if spec.quiet is not ABSENT:
            quiet = spec.quiet or (None, None)
        urgent = spec.urgent_at_once
        return PlanValues(
            addresses=given,
            quiet_from=quiet[0],
            quiet_until=quiet[1],
            urgent_at_once=plan.urgent_at_once if urgent is ABSENT else urgent,
            digest=spec.digest or plan.digest,
        )

    def _compare(self, plan: NoticePlan, after: PlanValues) -> None:
        before = _values_of(plan)
        words = {True: _("はい"), False: _("いいえ")}
        for what, was, is_now in (
            (_("送らない時間帯"), _quiet_words(before), _quiet_words(after)),
            (
                _("要対応をすぐに送る"),
                words[before.urgent_at_once],
                words[after.urgent_at_once],
            ),
            (_("送るタイミング"), Digest(before.digest).label, Digest(after.digest).label),
        ):
            if was != is_now:
                self._report.changed(self._thing, what=what, before=was, after=is_now)
        for kind in AlertKind:
            was, is_now = (_address_words(one, kind) for one in (before, after))
            if was != is_now:
                what = _("通知先メールアドレス（%(kind)s）") % {"kind": kind.label}
                self._report.changed(self._thing, what=what, before=was, after=is_now)

    def _channel(self, plan: NoticePlan, spec: NoticeChannelSpec) -> None:
        stored = plan.channels.filter(name=spec.name).first()
        kind = spec.kind or (stored.kind if stored else "")
        if not self._is_possible(spec, kind, stored):
            return
        channel = stored or NoticeChannel(plan=plan, name=spec.name, kind=kind)
        before = None if stored is None else _shown(channel)
        hidden = {name: getattr(channel, name) for name in ("url", "secret")}
        _fill(channel, spec)
        thing = self._name(spec.name)
        if before is None:
            self._report.added(thing)
        else:
            for (what, was), (_what, is_now) in zip(before, _shown(channel), strict=True):
                if was != is_now:
                    self._report.changed(thing, what=what, before=was, after=is_now)
            if hidden != {name: getattr(channel, name) for name in hidden}:
                self._report.secret_changed(thing, what=_("URL、トークンまたは鍵"))
        save_channel(channel, now=self._now)

    def _is_possible(
        self, spec: NoticeChannelSpec, kind: str, stored: NoticeChannel | None
    ) -> bool:
        needed = {"type": bool(kind)}
        if kind == ChannelKind.CHATWORK:
            needed["token"] = bool(spec.secret or (stored and stored.secret))
            needed["room"] = bool(spec.room or (stored and stored.room))
        elif kind:
            needed["url"] = bool(spec.url or (stored and stored.url))
        missing = [name for name, is_there in needed.items() if not is_there]
        for name in missing:
            message = _("「%(key)s」を書いてください。") % {"key": name}
            self._problems.append(spec.node.problem(message))
        if stored and stored.kind != kind:
            message = _("種類は後から変更できません（現在は%(kind)s）。") % {"kind": stored.kind}
            self._problems.append(spec.node.fields["type"].problem(message))
            return False
        return not missing

    def _name(self, name: str) -> str:
        return _("%(thing)sの送信先「%(name)s」") % {"thing": self._thing, "name": name}


def _fill(channel: NoticeChannel, spec: NoticeChannelSpec) -> None:
    if isinstance(spec.url, Secret):
        channel.url, channel.url_variable = spec.url.value, spec.url.variable
    if isinstance(spec.secret, Secret):
        channel.secret, channel.secret_variable = spec.secret.value, spec.secret.variable
    elif spec.secret is None:
        channel.secret = channel.secret_variable = ""
    if spec.room is not ABSENT:
        channel.room = spec.room
    if spec.kinds is not ABSENT:
        channel.kinds = list(spec.kinds)
    if spec.enabled is not ABSENT:
        channel.enabled = spec.enabled


def _shown(channel: NoticeChannel) -> list[tuple[str, str]]:
    words = {True: _("有効"), False: _("無効")}
    return [
        (_("ルームID"), channel.room),
        (_("送る通知"), ", ".join(channel.kinds)),
        (_("有効／無効"), words[channel.enabled]),
    ]


def _values_of(plan: NoticePlan) -> PlanValues:
    return PlanValues(
        addresses=dict(plan.addresses),
        quiet_from=plan.quiet_from,
        quiet_until=plan.quiet_until,
        urgent_at_once=plan.urgent_at_once,
        digest=plan.digest,
    )


def _quiet_words(values: PlanValues) -> str:
    if values.quiet_from is None or values.quiet_until is None:
        return ""
    return f"{values.quiet_from:%H:%M}〜{values.quiet_until:%H:%M}"


def _address_words(values: PlanValues, kind: str) -> str:
    addresses = values.addresses.get(kind)
    if addresses is None:
        return ""
    return ", ".join(addresses) or _("送信しない")
