"""What a login may do with an app, as pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.kintone.access import Access, Right

_LABELS: Final[Mapping[Right, Promise]] = {
    Right.VIEW: _("レコード閲覧"),
    Right.ADD: _("レコード追加"),
    Right.EDIT: _("レコード編集"),
}
_STATES: Final[Mapping[bool | None, tuple[Promise, str, str]]] = {
    True: (_("できます"), "plain", "check"),
    False: (_("できません"), "err", "cross"),
    None: (_("確認できません"), "neutral", "minus"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RightLine:
    """One right, and whether the login has it."""

    label: Promise
    state: Promise
    tone: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessView:
    """All rights, and when they were asked."""

    asked_at: datetime
    lines: tuple[RightLine, ...]
    is_open: bool
    """Whether kintone does not tell one of them: only a test shows it."""


def access_view(access: Access) -> AccessView:
    """What a page shows of the rights."""
    return AccessView(
        asked_at=access.asked_at,
        lines=tuple(_line(right, access.of(right)) for right in Right),
        is_open=any(access.of(right) is None for right in Right),
    )


def _line(right: Right, granted: bool | None) -> RightLine:
    state, tone, icon = _STATES[granted]
    return RightLine(label=_LABELS[right], state=state, tone=tone, icon=icon)
