"""What applying a settings file changed, line by line, worded for a person."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from integrations.models import Connection
from mapping.models import Mapping


@dataclass(slots=True)
class Report:
    """`changes`: what is, or would be, different now; `notes`: what else a person should know."""

    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def added(self, thing: str) -> None:
        self.changes.append(_("追加  %(thing)s") % {"thing": thing})

    def removed(self, thing: str) -> None:
        self.changes.append(_("削除  %(thing)s") % {"thing": thing})

    def changed(self, thing: str, *, what: str, before: object, after: object) -> None:
        """`before` and `after` are shown; "" as （なし）."""
        nothing = _("（なし）")
        self.changes.append(
            _("変更  %(thing)s  %(what)s: %(before)s → %(after)s")
            % {
                "thing": thing,
                "what": what,
                "before": nothing if before in ("", None) else before,
                "after": nothing if after in ("", None) else after,
            }
        )

    def secret_changed(self, thing: str, *, what: str) -> None:
        """A secret is never shown."""
        self.changes.append(
            _("変更  %(thing)s  %(what)s（表示できません）") % {"thing": thing, "what": what}
        )

    def note(self, thing: str, text: str) -> None:
        self.notes.append(f"{thing}: {text}")


def connection_name(connection: Connection) -> str:
    """What a connection is called in a report."""
    return _("接続「%(name)s」") % {"name": connection.name}


def mapping_name(mapping: Mapping) -> str:
    """What a mapping is called in a report, and to the commands."""
    name = f"{mapping.connection.name}/{mapping.record_type}/{mapping.app}"
    return _("マッピング「%(name)s」") % {"name": name}
