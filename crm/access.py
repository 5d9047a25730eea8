"""The access mode: whether groups or the members' own sections open leads to others."""

from typing import Final

from audit.kinds import Kind
from audit.recording import Document, Thing, changing
from crm.models import AccessMode, AccessSettings

_ONLY: Final = 1


def mode() -> AccessMode:
    """The mode that is in force; that of groups until somebody chose."""
    chosen = AccessSettings.objects.filter(pk=_ONLY).values_list("mode", flat=True).first()
    return AccessMode(chosen) if chosen else AccessMode.GROUPS


def choose(chosen: AccessMode) -> None:
    """Make this mode the one in force, from the next reading of leads on."""

    def document() -> Document:
        return {"mode": str(mode())}

    with changing(Kind.MEMBER_ACCESS, document, thing=Thing):
        AccessSettings.objects.update_or_create(pk=_ONLY, defaults={"mode": chosen})
