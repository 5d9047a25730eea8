"""Which screens there are: each with its address in the world, and a name for its picture."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from jobs.notices.states import ChannelKind
from manual.contents import SLUGS
from tests.screens.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One page, as something that can be asked for."""

    name: str
    """Unlike that of any other; its picture's file is called so."""
    view: str
    arguments: tuple[str, ...] = ()
    """For the path: @ and the name of a thing of the world; anything else as it is."""
    query: str = ""

    def address(self, world: World) -> str:
        """Where it is in that world."""
        given = [world.numbers[one[1:]] if one[0] == "@" else one for one in self.arguments]
        return reverse(self.view, args=given) + (f"?{self.query}" if self.query else "")


def _screen(view: str, *arguments: str, query: str = "", name: str = "") -> Screen:
    made = name or "-".join([view.split(":")[-1], *arguments]).replace("@", "")
    return Screen(name=made, view=view, arguments=arguments, query=query)


NOTHING_FOUND: Final = "q=zzzz"
TYPES: Final = ("company", "department", "lead")

_SETTINGS = (
    _screen("jobs:dashboard"),
    _screen("jobs:settings"),
    _screen("jobs:connection-new"),
    _screen("jobs:connection-new", query="practice=1", name="connection-practice"),
    _screen("jobs:connection", "@connection"),
    _screen("jobs:connection", "@drafted"),
    _screen("drafts:register", "@drafted", name="draft"),
    _screen("drafts:discard", "@drafted", name="draft-discard"),
    _screen("mapping:edit", "@drafted-mapping"),
    _screen("jobs:trial", "@drafted-mapping"),
    _screen("jobs:connection-recipe", "@connection", "company"),
    _screen("jobs:connection-users", "@connection"),
    _screen("jobs:connection-delete", "@connection"),
    _screen("jobs:cleansing", "@connection"),
    _screen("jobs:cleansing", "@resting"),
    _screen("jobs:access-mode"),
    _screen("jobs:sight", "@leads"),
    _screen("jobs:mapping-delete", "@mapping"),
    _screen("mapping:edit", "@mapping"),
    _screen("mapping:edit", "@mapping", query="show=problems", name="edit-problems"),
    _screen("mapping:edit", "@proposed"),
    _screen("mapping:edit", "@half"),
    _screen("jobs:trial", "@mapping"),
    *(
        _screen("jobs:trial", "@mapping", query=query, name=f"trial-{name}")
        for name, query in (("found", "q=C-"), ("nothing", NOTHING_FOUND))
    ),
    _screen("jobs:values", "@mapping", query="field=industry"),
    _screen("jobs:first-load", "@mapping"),
    _screen("jobs:preview", "@mapping"),
    *(
        _screen("jobs:preview", "@mapping", query=f"list={kind}", name=f"preview-{kind}")
        for kind in ("created", "updated", "failed", "skipped")
    ),
)
_RUNNING = (
    _screen("jobs:failures", "@mapping"),
    _screen("jobs:exchange", "@mapping", "@a-refused-company"),
    _screen("jobs:runs"),
    *(_screen("jobs:run", one) for one in ("@run", "@drifted-run", "@moving-run", "@failed-run")),
    _screen("jobs:record-state", "company", "@a-company"),
    _screen("jobs:record-state", "company", "@a-failed-company"),
    _screen("jobs:source"),
    _screen("jobs:source-delete"),
    _screen("jobs:source-refused"),
    _screen("jobs:source-gone"),
    _screen("jobs:notices"),
    _screen("jobs:notice-plan", "@connection"),
    _screen("jobs:notice-plan", name="notice-plan-source"),
    _screen("jobs:notice-channel-add", "@connection"),
    *(
        _screen(
            "jobs:notice-channel-add",
            "@connection",
            query=f"kind={kind}",
            name=f"channel-add-{kind}",
        )
        for kind in ChannelKind
    ),
    *(_screen("jobs:notice-channel", f"@channel-{kind}") for kind in ChannelKind),
    _screen("jobs:notice-channel-delete", "@channel-webhook"),
)
_RECORDS = (
    *(
        _screen(f"crm:{view}", kind)
        for view in ("records", "record-add", "custom-items", "import")
        for kind in TYPES
    ),
    _screen("crm:records", "company", query=NOTHING_FOUND, name="records-nothing"),
    *(_screen("crm:record", kind, f"@a-{kind}") for kind in TYPES),
    *(_screen("crm:record-edit", kind, f"@a-{kind}") for kind in TYPES),
    _screen("crm:custom-item", "@item"),
    _screen("crm:custom-item-delete", "@item"),
    _screen("crm:import-match", "@draft"),
    _screen("crm:import-forecast", "@foreseen"),
    _screen("crm:import-run", "@imported"),
    _screen("crm:import-run", "@importing"),
    _screen("crm:members"),
    _screen("crm:members", query=NOTHING_FOUND, name="members-nothing"),
    _screen("crm:members-import"),
    _screen("crm:member-add"),
    _screen("crm:member", "@member"),
    _screen("crm:member-delete", "@member"),
    *(_screen("jobs:ids", kind) for kind in TYPES),
    _screen("jobs:ids", "company", query=NOTHING_FOUND, name="ids-nothing"),
    _screen("jobs:record-id", "company", "@a-company"),
    _screen("jobs:left-over"),
    *(_screen("jobs:duplicates", kind) for kind in TYPES),
    _screen("jobs:duplicate", "company", "@first", "@second"),
)
_ACCOUNTS = (
    _screen("crm:accounts"),
    _screen("crm:account-add"),
    _screen("crm:account", "@me"),
    _screen("crm:account", "@account"),
    _screen("crm:account-password", "@account"),
    _screen("signin:mine"),
    _screen("signin:password"),
    _screen("signin:factor"),
    _screen("signin:factor-remove"),
    _screen("signin:recovery"),
    _screen("signin:history"),
    _screen("signin:history", query="result=recovery", name="history-recovery"),
    _screen("signin:settings", name="signin-settings"),
    _screen("signin:factor-reset", "@account"),
    _screen("api-tokens"),
    _screen("api-token-add"),
    _screen("api-token", "@token"),
    _screen("api-docs"),
    _screen("history:entries"),
    _screen("history:entries", query="kind=account&period=7", name="entries-filtered"),
    _screen("history:entry", "@entry"),
    _screen("history:put-back", "@entry"),
)
_MANUAL = (
    _screen("manual:contents"),
    _screen("manual:contents", query="q=kintone", name="manual-found"),
    _screen("manual:contents", query=NOTHING_FOUND, name="manual-nothing"),
    *(_screen("manual:page", slug, name=f"manual-{slug}") for slug in SLUGS),
)

#: For who is signed in as an administrator.
SCREENS: Final = (*_SETTINGS, *_RUNNING, *_RECORDS, *_ACCOUNTS, *_MANUAL)
#: Before that. The second is seen between password and code alone (`tests/signin`).
BEFORE_SIGNING_IN: Final = ("sign-in", "sign-in-code")
#: What answers to GET without being a page.
NO_PAGE: Final = {
    "jobs:app-count": "a part of step 3",
    "health-live": "for machines",
    "health-ready": "for machines",
    "metrics": "for machines",
    "api-document": "JSON",
    "api-nowhere": "not found, on purpose",
    "api-nowhere-else": "not found, on purpose",
}
