"""Hundreds of values as one text that PostgreSQL reads as an array.

The driver's own way to hand over a list is written in Python and asks each value how it is to be
written: a batch's digests alone took it longer than their UPDATE.

Source: PostgreSQL's manual, "Array Input and Output Syntax".
"""

from collections.abc import Iterable


def array_text(values: Iterable[object]) -> str:
    """Numbers, texts, moments and None as `{1,"a",NULL}`, to be cast to an array of their type."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
