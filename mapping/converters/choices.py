"""Options and users: values that must exist in kintone."""

import unicodedata
from collections.abc import Sequence

from common.types import ItemValue, UserRef
from integrations.kintone.form import FormField
from integrations.kintone.values import JsonValue
from mapping.converters.values import ValueRefusedError, as_text, is_empty, said_as_flag


def one_option(value: ItemValue, field: FormField) -> str | None:
    """The option that the value names; None for a flag that is off and has no word for it."""
    if isinstance(value, tuple):
        elements = [element for element in value if not is_empty(element)]
        if len(elements) > 1:
            raise ValueRefusedError("several_values", count=len(elements))
        value = elements[0]
    if isinstance(value, bool):
        return _flag_option(field.options, on=value)
    return _option(as_text(value), field.options)


def many_options(value: ItemValue, field: FormField) -> list[JsonValue]:
    """The options that the values name, in the field's own order, none twice.

    kintone keeps options in the order of the form, so any other order would look like a change.
    """
    elements = value if isinstance(value, tuple) else (value,)
    chosen = {one_option(each, field) for each in elements if not is_empty(each)}
    return [option for option in field.options if option in chosen]


def users(value: ItemValue, _field: FormField) -> list[JsonValue]:
    """Users by login name, else by e-mail address (in kintone it often is the login name)."""
    elements = value if isinstance(value, tuple) else (value,)
    codes: list[str] = []
    for each in elements:
        if is_empty(each):
            continue
        code = each.login or each.email if isinstance(each, UserRef) else as_text(each).strip()
        if not code:
            raise ValueRefusedError("no_login", name=as_text(each))
        if code not in codes:
            codes.append(code)
    return [{"code": code} for code in codes]


def fitting_flag_options(options: Sequence[str]) -> bool:
    """Whether the options say what on is: there is only one, or one is a word for it."""
    return len(options) == 1 or any(said_as_flag(option) for option in options)


def _option(text: str, options: Sequence[str]) -> str:
    """The option written exactly so, else the only one that differs in width, case or blanks."""
    if text in options:
        return text
    folded = _fold(text)
    alike = [option for option in options if _fold(option) == folded]
    if len(alike) == 1:
        return alike[0]
    raise ValueRefusedError("no_option")


def _flag_option(options: Sequence[str], *, on: bool) -> str | None:
    said = [option for option in options if said_as_flag(option) is on]
    if len(said) == 1:
        return said[0]
    if len(options) == 1 and said_as_flag(options[0]) is not False:
        return options[0] if on else None
    if not on and any(said_as_flag(option) for option in options):
        return None
    raise ValueRefusedError("no_option")


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
