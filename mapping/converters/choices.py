"""Options: values that must be among those of the field."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from common.types import ItemValue
from integrations.kintone.form import FormField
from integrations.kintone.values import JsonValue
from mapping.converters.characters import half_width
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import as_text, is_empty, said_as_flag

#: What may stand between several options in one text.
_BETWEEN: Final = re.compile("[\n\r;；、,，]")


def one_option(value: ItemValue, field: FormField) -> str | None:
    """The option that the value names; None for a flag that is off and has no word for it."""
    if isinstance(value, bool):
        return _flag_option(field.options, on=value)
    return _option(as_text(value), field.options)


def many_options(value: ItemValue, field: FormField) -> list[JsonValue]:
    """The options that the values name, in the field's own order, none twice.

    kintone keeps options in the order of the form, so any other order would look like a change.
    """
    elements = value if isinstance(value, tuple) else _apart(value, field.options)
    chosen = {one_option(each, field) for each in elements if not is_empty(each)}
    return [option for option in field.options if option in chosen]


def _apart(value: ItemValue, options: Sequence[str]) -> Sequence[ItemValue]:
    """The options in a text: it may be one, or several with something in between."""
    if not isinstance(value, str) or _found(value, options) is not None:
        return (value,)
    parts = [part for part in _BETWEEN.split(value) if not is_empty(part)]
    # All of them must be options, else the text as a whole is what is wrong.
    return parts if all(_found(part, options) is not None for part in parts) else (value,)


def fitting_flag_options(options: Sequence[str]) -> bool:
    """Whether the options say what on is: there is only one, or one is a word for it."""
    return len(options) == 1 or any(said_as_flag(option) for option in options)


def _option(text: str, options: Sequence[str]) -> str:
    found = _found(text, options)
    if found is None:
        raise ValueRefusedError("no_option")
    return found


def _found(text: str, options: Sequence[str]) -> str | None:
    """The option written exactly so, else the only one that differs in width, case or blanks."""
    if text in options:
        return text
    folded = _fold(text)
    alike = [option for option in options if _fold(option) == folded]
    return alike[0] if len(alike) == 1 else None


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
    return "".join(unicodedata.normalize("NFKC", half_width(text)).casefold().split())
