"""Numbers as kintone stores them: plain decimals in text."""

import re
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Final

from common.types import ItemValue
from integrations.kintone.form import FormField, NumberPrecision, Rounding
from mapping.converters.characters import half_width
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import MAX_DIGITS, plain_number

_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?=\.|$)")
#: A minus as it is typed, bookkeepers' triangles, and the long vowel marks that a Japanese keyboard
#: gives for the same key; nothing but a number may follow.
_SIGNS: Final = str.maketrans(dict.fromkeys("−‐‑‒–﹣▲△ーｰ", "-"))
_SHAPE: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")

_ROUNDING: Final = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}
#: More digits than any number has that comes so far.
_EXACT: Final = Context(prec=3 * MAX_DIGITS)


def number(value: ItemValue, field: FormField) -> str:
    """The value as kintone's number: "￥1,234" → "1234", True → "1".

    Where the app's settings are known, it is rounded as kintone rounds it. What the app cannot
    hold, and what is outside the field's range, is refused.
    """
    if isinstance(value, bool):
        amount = Decimal(int(value))
    elif isinstance(value, Decimal):
        amount = value
    else:
        amount = parse_number(str(value))
    if sum(map(str.isdigit, plain_number(amount))) > MAX_DIGITS:
        raise ValueRefusedError("too_many_digits", max=MAX_DIGITS)
    if field.precision is not None:
        amount = _as_stored(amount, field.precision)
    if field.min_value is not None and amount < field.min_value:
        raise ValueRefusedError("too_small", min=plain_number(field.min_value))
    if field.max_value is not None and amount > field.max_value:
        raise ValueRefusedError("too_large", max=plain_number(field.max_value))
    return plain_number(amount)


def parse_number(text: str) -> Decimal:
    """The number that `text` says; grouping commas, ¥, 円, ▲ and full width are understood.

    Nothing is guessed: "1,23", "1.000,5", "3億" and "12%" are no numbers.
    """
    body = half_width(text).translate(_SIGNS)
    sign = "-" if body.startswith("-") else ""
    body = body.removeprefix(sign).lstrip("¥￥\\ ").removesuffix("円").rstrip()
    if not sign and body.startswith("-"):  # "¥-1,000"
        sign, body = "-", body[1:]
    if match := _GROUPED.match(body):
        body = match[0].replace(",", "") + body[match.end() :]
    if not body.isascii() or not _SHAPE.fullmatch(body) or (sign and body[0] in "+-"):
        raise ValueRefusedError("not_a_number")
    try:
        return Decimal(sign + body)
    except InvalidOperation as error:
        raise ValueRefusedError("not_a_number") from error


def _as_stored(amount: Decimal, precision: NumberPrecision) -> Decimal:
    """The amount as an app of this precision stores it (kintone-api.md §5, "Number limits")."""
    step = Decimal(1).scaleb(-precision.decimals)
    rounded = amount.quantize(step, _ROUNDING[precision.rounding], context=_EXACT)
    if rounded and rounded.adjusted() >= precision.integer_digits:
        raise ValueRefusedError("too_many_integer_digits", max=precision.integer_digits)
    return rounded
