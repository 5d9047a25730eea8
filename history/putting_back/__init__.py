"""「元に戻す」: what an entry changed becomes what it was, by the services that changed it.

Only what the entry changed is put back: what was changed since by others stays. `proposals` says
what would come of it, `settings` does it for connections and mappings (by the settings file's own
code, with its checks), `people` and `data` for everything else.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from audit import recording
from audit.kinds import Kind
from audit.models import Entry
from history.putting_back import data, people, settings
from history.putting_back.proposals import CannotPutBackError, Proposal

Proposer = Callable[[Entry, datetime], Proposal]

_PROPOSERS: Final[Mapping[Kind, Proposer]] = {
    **dict.fromkeys(
        [
            *(Kind.CONNECTION_ADD, Kind.CONNECTION_CHANGE, Kind.CONNECTION_DELETE),
            *(Kind.CONNECTION_FILE, Kind.CONNECTION_BACK, Kind.DRAFT_REGISTER),
            *(
                Kind.CLEANSING_BEGIN,
                Kind.CLEANSING_END,
                Kind.MAPPING_ADD,
                Kind.MAPPING_RULES,
                Kind.MAPPING_KEY,
            ),
            *(Kind.MAPPING_VALUES, Kind.MAPPING_DRIFT, Kind.MAPPING_USERS, Kind.MAPPING_ENABLE),
            *(Kind.MAPPING_DISABLE, Kind.MAPPING_DELETE),
        ],
        settings.propose,
    ),
    Kind.ITEM_ADD: data.item,
    Kind.ITEM_CHANGE: data.item,
    Kind.ITEM_DELETE: data.item,
    Kind.MEMBER_ADD: people.member,
    Kind.MEMBER_CHANGE: people.member,
    Kind.MEMBER_DELETE: people.member,
    Kind.MEMBER_ACCESS: people.access_mode,
    Kind.ACCOUNT_ADD: people.account,
    Kind.ACCOUNT_CHANGE: people.account,
    Kind.ACCOUNT_PASSWORD: people.account,
    Kind.NOTICE_PLAN: data.notices,
    Kind.TOKEN_ADD: people.token,
    Kind.TOKEN_REVOKE: people.token,
    Kind.SOURCE_ADD: data.source,
    Kind.SOURCE_CHANGE: data.source,
    Kind.SOURCE_DELETE: data.source,
    Kind.DATA_EDIT: data.edit,
    Kind.DATA_DISTINCT: data.distinct,
    Kind.DATA_IDS: data.alias,
    Kind.DATA_ID_FORGET: data.alias,
}


def is_offered(entry: Entry) -> bool:
    """Whether this is something that can be put back at all; runs, for example, are not."""
    if entry.kind == Kind.DATA_IDS:
        return entry.before is not None  # an alias; a record that got another ID keeps it
    return entry.kind in _PROPOSERS


def propose(entry: Entry, *, now: datetime) -> Proposal:
    """What putting the entry back would change; nothing is written.

    Raises:
        CannotPutBackError: says why not, and what to do instead.
    """
    if entry.kind not in _PROPOSERS:
        raise CannotPutBackError(_("この操作は、元に戻せません。"))
    return _PROPOSERS[Kind(entry.kind)](entry, now)


def put_back(entry: Entry, *, stamp: str, now: datetime) -> Proposal:
    """Put the entry back as it was proposed; returns what was done.

    Args:
        stamp: Of the proposal that the person saw.

    Raises:
        CannotPutBackError: as `propose`, or things are not as the person saw them any more.
    """
    proposal = propose(entry, now=now)
    if proposal.stamp != stamp:
        raise CannotPutBackError(
            _("表示した後に設定が変わりました。現在の内容を確認してください。")
        )
    with recording.putting_back(entry.pk):
        proposal.carry_out()
    return proposal
