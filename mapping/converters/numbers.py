"""Numbers as kintone stores them: plain decimals in text."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from common.types import ItemValue
from integrations.kintone.form import FormField
from mapping.converters.values import MAX_DIGITS, ValueRefusedError, half_width, plain_number

_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?=\.|$)")
_SIGNS: Final = str.maketrans({"−": "-", "‐": "-", "–": "-", "▲": "-", "△": "-"})
_SHAPE: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?")


def number(value: ItemValue, field: FormField) -> str:
    """The value as kintone's number: "￥1,234" → "1234", True → "1".

    What the app's digit settings make of decimals is kintone's; what no setting can hold, and what
    is outside the field's range, is refused here.
    """
    if isinstance(value, bool):
        amount = Decimal(int(value))
    elif isinstance(value, Decimal):
        amount = value
    else:
        amount = parse_number(str(value))
    text = plain_number(amount)
    if sum(map(str.isdigit, text)) > MAX_DIGITS:
        raise ValueRefusedError("too_many_digits", max=MAX_DIGITS)
    if field.min_value is not None and amount < field.min_value:
        raise ValueRefusedError("too_small", min=plain_number(field.min_value))
    if field.max_value is not None and amount > field.max_value:
        raise ValueRefusedError("too_large", max=plain_number(field.max_value))
    return text


def parse_number(text: str) -> Decimal:
    """The number that `text` says; grouping commas, ¥, 円, ▲ and full width are understood."""
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
