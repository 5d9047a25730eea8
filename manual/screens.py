"""Which page of the manual explains which screen."""

from typing import Final

#: Where a screen that nobody wrote about leads.
CONTENTS: Final = ""

#: View name, or the beginning of several → page of the manual, with an anchor where one fits.
PLACES: Final = {
    "jobs:dashboard": "dashboard",
    "jobs:settings": "connection#connections",
    "jobs:connection": "connection",
    "jobs:connection-delete": "connection#delete",
    "jobs:connection-recipe": "new-app",
    "jobs:connection-users": "kintone-users",
    "jobs:cleansing": "cleansing",
    "jobs:mapping-delete": "connection#delete",
    "jobs:trial": "test",
    "jobs:enable": "test#enable",
    "jobs:app-count": "test#enable",
    "jobs:run-now": "runs",
    "jobs:first-load": "first-load",
    "jobs:preview": "preview",
    "jobs:values": "values",
    "jobs:failures": "failures",
    "jobs:exchange": "failures#exchange",
    "jobs:retry": "failures",
    "jobs:run": "runs",
    "jobs:sight": "members#sight",
    "jobs:source": "source",
    "jobs:notice": "mails#channels",
    "jobs:notices": "mails",
    "jobs:access-mode": "members#mode",
    "jobs:ids": "ids",
    "jobs:alias": "ids",
    "jobs:record-id": "ids#one",
    "jobs:record-state": "record",
    "jobs:left-over": "ids#left-over",
    "jobs:duplicate": "ids#duplicates",
    "drafts:": "connection#draft",
    "mapping:edit": "mapping",
    "mapping:accept-drift": "mapping#drift",
    "crm:record": "customers",
    "crm:import": "import",
    "crm:custom-item": "items",
    "crm:member": "members",
    "crm:members-import": "members#file",
    "crm:account": "users",
    "signin:": "users#mine",
    "signin:factor": "users#factor",
    "signin:recovery": "users#factor",
    "signin:history": "users#sign-ins",
    "signin:settings": "users#settings",
    "history:": "history",
    "history:put-back": "history#put-back",
    "api-token": "tokens",
    "api-docs": "tokens#programs",
}


def place_of(view_name: str) -> str:
    """「mapping#drift」: the page, and the anchor in it, that explains the screen of this view.

    The view's own entry counts, else the longest that its name begins with, else the contents.
    """
    fitting = [name for name in PLACES if view_name.startswith(name)]
    return PLACES[max(fitting, key=len)] if fitting else CONTENTS
