"""Users, organisations and groups: kintone knows them by their codes alone.

kintone refuses a code that it does not know (GAIA_IL26, GAIA_IL28; kintone-api.md §5); which there
are only kintone knows.
"""

import re
from collections.abc import Iterator
from typing import Final

from common.types import ItemValue, UserRef
from integrations.kintone.form import FormField
from integrations.kintone.values import JsonValue
from mapping.converters.characters import unix_lines
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import as_text, is_empty

#: What stands between several codes in one text, as between the values of a list in a CSV file.
_BETWEEN: Final = re.compile("[\n;；、]")


def users(value: ItemValue, _field: FormField) -> list[JsonValue]:
    """Users by login name, else by e-mail address (in kintone it often is the login name)."""
    return _listed(code for each in _elements(value) for code in _of_user(each))


def codes(value: ItemValue, _field: FormField) -> list[JsonValue]:
    """Organisations or groups by their codes."""
    return _listed(code for each in _elements(value) for code in _in_text(as_text(each)))


def _elements(value: ItemValue) -> Iterator[ItemValue]:
    elements = value if isinstance(value, tuple) else (value,)
    return (each for each in elements if not is_empty(each))


def _of_user(value: ItemValue) -> Iterator[str]:
    if not isinstance(value, UserRef):
        yield from _in_text(as_text(value))
        return
    code = _visible(unix_lines(value.login)) or _visible(unix_lines(value.email))
    if not code:
        raise ValueRefusedError("no_login", name=as_text(value))
    yield code


def _in_text(text: str) -> Iterator[str]:
    for part in _BETWEEN.split(unix_lines(text)):
        if code := _visible(part):
            yield code


def _visible(text: str) -> str:
    """The code without what nobody sees around it; kintone compares the rest exactly."""
    return text.strip().strip("\u200b\u2060").strip()


def _listed(found: Iterator[str]) -> list[JsonValue]:
    return [{"code": code} for code in dict.fromkeys(found)]
