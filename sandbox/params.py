"""The parameters of a call, read as kintone reads them: numbers and booleans also as text."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.errors import ApiError, bad_input

Params = Mapping[str, Any]


def from_query(query: str) -> dict[str, Any]:
    """A query string as parameters; `fields[0]=a&fields[1]=b` becomes a list."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        base, bracket, _ = name.partition("[")
        if bracket or base in params:
            before = params.get(base, [])
            params[base] = [*(before if isinstance(before, list) else [before]), value]
        else:
            params[base] = value
    return params


def whole_number(value: Any, *, key: str, least: int = 1) -> int:
    """`value` as a number; CB_VA01 at `key` if it is none or too small."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise bad_input(key, "not_an_integer")
    try:
        number = int(value)
    except ValueError:
        raise bad_input(key, "not_an_integer") from None
    if number < least:
        raise bad_input(key, "at_least_one")
    return number


def required_number(params: Params, key: str) -> int:
    """A number that must be given."""
    if params.get(key) in (None, ""):
        raise bad_input(key, "missing_parameter")
    return whole_number(params[key], key=key)


def flag(params: Params, key: str) -> bool:
    """A boolean, false where it is not given."""
    value = params.get(key)
    if value in (None, "", False, "false"):
        return False
    if value in (True, "true"):
        return True
    raise bad_input(key, "not_a_boolean")


def text(params: Params, key: str) -> str:
    """A text, "" where it is not given."""
    value = params.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ApiError("CB_IJ01")
    return value


def items(params: Params, key: str) -> list[Any]:
    """A list, empty where it is not given."""
    value = params.get(key)
    if value is None:
        return []
    if isinstance(value, str | int):
        return [value]
    if not isinstance(value, list):
        raise ApiError("CB_IJ01")
    return value
