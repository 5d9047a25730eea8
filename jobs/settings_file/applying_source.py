"""The tenant that data is pulled from, as the settings file says it."""

from django.utils.translation import gettext as _

from jobs.settings_file.document import FileProblem
from jobs.settings_file.report import Report
from jobs.settings_file.specs import ABSENT, SourceSpec
from pulls import tenants
from pulls.models import Tenant


def apply(spec: SourceSpec, *, report: Report, problems: list[FileProblem]) -> None:
    """Make the tenant so; what the file leaves out stays."""
    stored = tenants.tenant()
    host = spec.host or (stored.host if stored else "")
    key = spec.api_key.value if spec.api_key else None
    for name, missing in (
        ("host", not host),
        ("api_key", key is None and (stored is None or stored.host != host)),
    ):
        if missing:
            # A key goes to nobody but the host that it was given for.
            message = _("「%(key)s」を書いてください。") % {"key": name}
            problems.append(spec.node.problem(message))
            return
    enabled = stored.enabled if stored else True
    if spec.enabled is not ABSENT:
        enabled = spec.enabled
    notify = tuple(stored.notify) if stored else ()
    if spec.notify is not ABSENT:
        notify = spec.notify
    if stored is None:
        report.added(name_of(host))
    else:
        _compare(stored, host=host, key=key, enabled=enabled, notify=notify, report=report)
    saved = tenants.save(host=host, api_key=key, enabled=enabled, notify=notify)
    if spec.api_key and saved.api_key_variable != spec.api_key.variable:
        Tenant.objects.filter(pk=saved.pk).update(api_key_variable=spec.api_key.variable)


def _compare(
    stored: Tenant,
    *,
    host: str,
    key: str | None,
    enabled: bool,
    notify: tuple[str, ...],
    report: Report,
) -> None:
    thing = name_of(stored.host)
    words = {True: _("有効"), False: _("無効")}
    for what, before, after in (
        (_("ホスト名"), stored.host, host),
        (_("自動で取り込む"), words[stored.enabled], words[enabled]),
        (_("通知先メールアドレス"), ", ".join(stored.notify), ", ".join(notify)),
    ):
        if before != after:
            report.changed(thing, what=what, before=before, after=after)
    if key is not None and key != stored.api_key:
        report.secret_changed(thing, what=_("APIキー"))


def name_of(host: str) -> str:
    """What the tenant is called in a report."""
    return _("ホットプロファイル連携元「%(host)s」") % {"host": host}
