"""`get_entry_list`: searching, ordering and paging as the connector's definition has them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.hotprofile.shapes import show
from sandbox.hotprofile.world import JAPAN, Tenant

_LARGEST: Final = {"clients": 1000, "leads": 100}
_USUAL: Final = 20
_TIMES: Final = {"created_on": "created_at", "updated_on": "updated_at"}
_ORDERS: Final = ("id", "created_at", "updated_at")


class BadRequest(Exception):  # noqa: N818 — a status of HTTP
    """The request cannot be understood; `str()` says why."""


def get_entry_list(tenant: Tenant, listing: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one call.

    Raises:
        BadRequest: a search, an order or a page that the API does not have.
    """
    page = _part(body, "page")
    largest = _LARGEST[listing]
    size = _number(page, "display_number", default=min(_USUAL, largest), largest=largest)
    number = _number(page, "number", default=1)
    with tenant.lock:
        ids = _ordered(tenant, listing, _found(tenant, listing, body), _part(body, "order"))
        shown = ids[(number - 1) * size : number * size]
        entries = tenant.entries(listing).by_id
        return {
            listing: [show(tenant, listing, one, entries[one]) for one in shown],
            "pages": {
                "total_count": len(ids),
                "total_number": -(-len(ids) // size),
                "current_number": number,
                "display_number": size,
            },
        }


def _found(tenant: Tenant, listing: str, body: Mapping[str, Any]) -> list[int]:
    search = dict(_part(body, "search"))
    first = _number(search, "from_id", default=1)
    last = _number(search, "to_id", default=0) or None
    entries = tenant.entries(listing)
    ids = entries.between(first, last)
    if listing == "clients" and not ids and first == last and first in tenant.became:
        ids = [tenant.became[first]]
    for name in ("from_id", "to_id"):
        search.pop(name, None)
    for name, value in search.items():
        if name == "ids":
            wanted = {int(part) for part in str(value).split(",")}
            ids = [one for one in ids if one in wanted]
        elif name == "client_id" and listing == "leads":
            ids = [one for one in ids if entries.by_id[one].values["client_id"] == int(value)]
        elif name == "name":
            ids = [one for one in ids if str(value) in entries.by_id[one].values.get(name, "")]
        else:
            ids = _by_time(tenant, listing, ids, name, value)
    return ids


def _by_time(tenant: Tenant, listing: str, ids: list[int], name: str, value: Any) -> list[int]:
    direction, _, rest = name.partition("_")
    column = _TIMES.get(rest.removeprefix("datetime_"))
    if direction not in ("from", "to") or column is None:
        message = f"search[{name}] is not known"
        raise BadRequest(message)
    exact = rest.startswith("datetime_")
    bound = _moment(name, value, exact=exact)
    if direction == "to" and not exact:
        bound += timedelta(days=1, seconds=-1)
    entries = tenant.entries(listing).by_id
    if direction == "from":
        return [one for one in ids if getattr(entries[one], column) >= bound]
    return [one for one in ids if getattr(entries[one], column) <= bound]


def _moment(name: str, value: Any, *, exact: bool) -> datetime:
    pattern = "%Y/%m/%d %H:%M:%S" if exact else "%Y/%m/%d"
    try:
        return datetime.strptime(str(value), pattern).replace(tzinfo=JAPAN)
    except ValueError as error:
        message = f"search[{name}] must be written {pattern}"
        raise BadRequest(message) from error


def _ordered(tenant: Tenant, listing: str, ids: list[int], order: Mapping[str, Any]) -> list[int]:
    key, direction = order.get("key", "id"), order.get("type", "asc")
    if key not in _ORDERS or direction not in ("asc", "desc"):
        message = f"order {key} {direction} is not known"
        raise BadRequest(message)
    if key != "id":
        entries = tenant.entries(listing).by_id
        ids = sorted(ids, key=lambda one: (getattr(entries[one], key), one))
    return ids if direction == "asc" else ids[::-1]


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name) or {}
    if not isinstance(part, dict):
        message = f"{name} must be an object"
        raise BadRequest(message)
    return part


def _number(part: Mapping[str, Any], name: str, *, default: int, largest: int | None = None) -> int:
    value = part.get(name, default)
    if not str(value).isdecimal() or (largest is not None and not 1 <= int(value) <= largest):
        message = f"{name} must be a number{f' from 1 to {largest}' if largest else ''}"
        raise BadRequest(message)
    return int(value)
