"""The calls about apps, their forms and settings, and about people."""

from typing import Any

from sandbox import params
from sandbox.calls import Call, Json
from sandbox.errors import ApiError, bad_input
from sandbox.model import ALL_RIGHTS, App

MOST_APPS = 100


def get_app(call: Call) -> Json:
    """GET app.json."""
    return show_app(call, call.app("view", key="id"))


def get_apps(call: Call) -> Json:
    """GET apps.json; not open to API tokens."""
    if call.actor.user is None:
        raise ApiError("GAIA_NO01")
    limit = params.whole_number(call.params.get("limit") or MOST_APPS, key="limit")
    if limit > MOST_APPS:
        raise bad_input("limit", "at_most", limit=MOST_APPS)
    offset = params.whole_number(call.params.get("offset") or 0, key="offset", least=0)
    found = [app for app in call.domain.apps.values() if _wanted(call, app)]
    return {"apps": [show_app(call, app) for app in found[offset : offset + limit]]}


def _wanted(call: Call, app: App) -> bool:
    if app.guest_space != call.guest_space or not call.actor.may(app, "view"):
        return False
    ids = {str(each) for each in params.items(call.params, "ids")}
    codes = set(params.items(call.params, "codes"))
    name = params.text(call.params, "name").casefold()
    return (
        (not ids or str(app.id) in ids)
        and (not codes or app.code in codes)
        and name in app.name.casefold()
    )


def show_app(call: Call, app: App) -> Json:
    """The app as app.json answers."""
    creator = call.domain.users.get(app.creator)
    person = {"code": app.creator, "name": creator.name if creator else app.creator}
    space = None if app.guest_space is None else str(app.guest_space)
    return {
        "appId": str(app.id),
        "code": app.code,
        "name": app.name,
        "description": app.description,
        "createdAt": app.created,
        "creator": person,
        "modifiedAt": app.modified,
        "modifier": person,
        "spaceId": space,
        "threadId": space,
    }


def get_form(call: Call) -> Json:
    """GET app/form/fields.json and its preview, which is for those who manage the app."""
    rights = ("manage",) if call.preview else ("view", "add", "manage")
    app = call.app(*rights, any_right=True)
    properties = call.actor.form_as_seen(call.domain, app)
    return {"properties": properties, "revision": str(app.revision)}


def get_settings(call: Call) -> Json:
    """GET app/settings.json; which right that takes is not known: here that to the form."""
    app = call.app("view", "add", "manage", any_right=True)
    precision = app.precision
    return {
        "name": app.name,
        "description": app.description,
        "icon": {"type": "PRESET", "key": "APP72"},
        "theme": "WHITE",
        "titleField": {"selectionMode": "AUTO"},
        "enableThumbnails": True,
        "enableBulkDeletion": False,
        "enableComments": True,
        "enableDuplicateRecord": True,
        "enableInlineRecordEditing": True,
        "numberPrecision": {
            "digits": str(precision.digits),
            "decimalPlaces": str(precision.decimals),
            "roundingMode": precision.rounding,
        },
        "firstMonthOfFiscalYear": "4",
        "revision": str(app.revision),
    }


def get_rights(call: Call) -> Json:
    """GET app/acl.json: who was given rights of their own, then everyone, who may do all."""
    app = call.app("manage")
    rows = [("USER", login, rights) for login, rights in app.rights.items()]
    return {
        "rights": [
            {
                "entity": {"type": kind, "code": code},
                "includeSubs": False,
                "appEditable": "manage" in rights,
                "recordViewable": "view" in rights,
                "recordAddable": "add" in rights,
                "recordEditable": "edit" in rights,
                "recordDeletable": "delete" in rights,
                "recordImportable": "add" in rights,
                "recordExportable": "view" in rights,
            }
            for kind, code, rights in (*rows, ("GROUP", "everyone", ALL_RIGHTS))
        ],
        "revision": str(app.revision),
    }


def get_users(call: Call) -> Json:
    """GET /v1/users.json; not open to API tokens of apps."""
    if call.actor.user is None:
        raise ApiError("GAIA_NO01")
    codes = set(params.items(call.params, "codes"))
    size = params.whole_number(call.params.get("size") or 100, key="size")
    offset = params.whole_number(call.params.get("offset") or 0, key="offset", least=0)
    people: list[dict[str, Any]] = [
        {
            "id": str(number),
            "code": user.login,
            "name": user.name,
            "email": user.email,
            "valid": user.active,
        }
        for number, user in enumerate(call.domain.users.values(), start=1)
        if not codes or user.login in codes
    ]
    return {"users": people[offset : offset + size]}
