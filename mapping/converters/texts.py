"""Text, rich text and links."""

import html
import re
from typing import Final

from common.types import ItemValue, UserRef
from integrations.kintone.form import FormField
from mapping.converters.characters import half_width, one_line, unix_lines
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import as_text

#: Longest value of a field that forbids duplicates (kintone-api.md §2.1, §5).
UNIQUE_LENGTH: Final = 64

_ANY_LENGTH: Final = 1_000_000

_SCHEME: Final = re.compile(r"(?:https?|ftp)://[^\s/]\S*", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
#: Two addresses in one text, with what stands between values of a list.
_SEVERAL: Final = re.compile(r"[、，,;；]\s*(?:https?|ftp)://", re.IGNORECASE)
_EMAIL: Final = re.compile(r"""[^\s@<>()[\]"',;:、，；]+@[^\s@<>()[\]"',;:、，；]+""")
_MAILTO: Final = re.compile(r"mailto:", re.IGNORECASE)
_TEL: Final = re.compile(r"tel[:.]?\s*(?=[+(0-9])", re.IGNORECASE)
#: What people type between the digits of a telephone number and means a hyphen.
_BETWEEN_DIGITS: Final = re.compile(r"(?<=[0-9)])\s*[ー−‐‑‒–—―ｰ─]\s*(?=[0-9(])")
_DIGIT: Final = re.compile("[0-9]")


def single_line(value: ItemValue, field: FormField) -> str:
    """Text on one line, within the field's lengths."""
    return _of_fitting_length(one_line(as_text(value)), field)


def longest_as_is(field: FormField) -> int:
    """Up to which length text of one printable line stands in a text field just as it is.

    0 where the field asks for more than a length.
    """
    if field.min_length:
        return 0
    limits = [field.max_length or _ANY_LENGTH, UNIQUE_LENGTH if field.unique else _ANY_LENGTH]
    return min(limits)


def multi_line(value: ItemValue, _field: FormField) -> str:
    """Text; several values one a line."""
    return unix_lines(as_text(value, separator="\n"))


def rich_text(value: ItemValue, _field: FormField) -> str:
    """Plain text as HTML that looks the same."""
    escaped = html.escape(unix_lines(as_text(value, separator="\n")), quote=False)
    return escaped.replace("\n", "<br>")


def rich_text_as_is(value: ItemValue, _field: FormField) -> str:
    """HTML, untouched but for line ends and control characters: kintone cleans it."""
    return unix_lines(as_text(value))


def web_link(value: ItemValue, field: FormField) -> str:
    """A URL; "https://" is put before what clearly is a host."""
    url = half_width(unix_lines(as_text(value)))
    if _HOST.fullmatch(url):
        url = "https://" + url
    if not _SCHEME.fullmatch(url) or _SEVERAL.search(url):
        raise ValueRefusedError("not_a_url")
    return _of_fitting_length(url, field)


def mail_link(value: ItemValue, field: FormField) -> str:
    """One e-mail address; of a user, that user's."""
    text = value.email if isinstance(value, UserRef) else as_text(value)
    address = _MAILTO.sub("", half_width(unix_lines(text)), count=1)
    if not _EMAIL.fullmatch(address):
        raise ValueRefusedError("not_an_email")
    return _of_fitting_length(address, field)


def call_link(value: ItemValue, field: FormField) -> str:
    """A telephone number in half-width characters; anything with a digit passes.

    What is written beside it (内線, 代表) stays: what kintone checks is not known.
    """
    number = _TEL.sub("", half_width(one_line(as_text(value))), count=1)
    if not _DIGIT.search(number):
        raise ValueRefusedError("not_a_phone")
    return _of_fitting_length(_BETWEEN_DIGITS.sub("-", number), field)


def _of_fitting_length(text: str, field: FormField) -> str:
    # Code points, as Python counts: whether kintone counts a surrogate pair as one or two is not
    # known; where it says two, kintone refuses the record and its words are shown.
    limit = field.max_length
    if field.unique and (limit is None or limit > UNIQUE_LENGTH):
        limit = UNIQUE_LENGTH
    if limit is not None and len(text) > limit:
        raise ValueRefusedError("too_long", max=limit, length=len(text))
    if field.min_length is not None and len(text) < field.min_length:
        raise ValueRefusedError("too_short", min=field.min_length, length=len(text))
    return text
