"""The calls that change the settings of apps before they are published; not for API tokens.

Source: kintone-openapi, preview/app.json, preview/app/form/fields.json, preview/app/deploy.json.
Here the settings of an app that is published already are in use at once.
"""

from datetime import UTC
from typing import Any

from sandbox import admin, params
from sandbox.calls import Call, Json
from sandbox.errors import ApiError, bad_input
from sandbox.form import Definition

LONGEST_NAME = 64


def post_app(call: Call) -> Json:
    """POST preview/app.json: an app that nobody can use yet."""
    if call.actor.user is None:
        raise ApiError("GAIA_NO01")
    name = params.text(call.params, "name").strip()
    if not name:
        raise bad_input("name", "required")
    if len(name) > LONGEST_NAME:
        raise bad_input("name", "too_long", limit=LONGEST_NAME + 1)
    now = call.world.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
    app = call.domain.add_app(
        name,
        {},
        creator=call.actor.user.login,
        created=now,
        modified=now,
        published=False,
    )
    return {"app": str(app.id), "revision": str(app.revision)}


def post_fields(call: Call) -> Json:
    """POST preview/app/form/fields.json: all of the fields are added, or none."""
    app = call.app("manage")
    properties = call.params.get("properties")
    if not isinstance(properties, dict) or not properties:
        raise bad_input("properties", "required")
    for code, given in properties.items():
        if not isinstance(given, dict) or given.get("code") != code or code in app.definitions:
            raise bad_input(f"properties[{code}].code", "unique")

    def change(definitions: dict[str, Definition]) -> None:
        definitions.update(properties)

    try:
        admin.change_form(call.world, app, change)
    except (KeyError, TypeError, ValueError) as error:
        raise ApiError("CB_VA01") from error
    return {"revision": str(app.revision)}


def post_deploy(call: Call) -> Json:
    """POST preview/app/deploy.json: the apps can be used from now on."""
    apps: list[Any] = params.items(call.params, "apps")
    for one in apps:
        call_of_one = call.inner(one if isinstance(one, dict) else {})
        call_of_one.app("manage").published = True
    return {}
