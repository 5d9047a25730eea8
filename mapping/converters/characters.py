"""Characters that cannot be sent, or that nobody sees.

What kintone makes of control characters is not known (kintone-api.md is silent); no field of it
can show them, and no person typed them, so they are left out. JSON cannot carry half of a surrogate
pair at all, and what the other half was nobody knows: such a value is refused.
"""

import re
from typing import Final

from mapping.converters.refusals import ValueRefusedError

#: Controls other than tab and line ends, the byte order mark, what Unicode says is no character.
_UNSENT: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_HALF_A_PAIR: Final = re.compile("[\ud800-\udfff]")

#: Characters without width, or that only steer the direction of writing: they mean something
#: between letters (emoji, Arabic), but never within a number, a date or an address.
_WITHOUT_WIDTH: Final = (
    0x00AD,
    0x180E,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_CONTROLS: Final = (*range(0x09), *range(0x0E, 0x20), 0x7F, *range(0x80, 0x85))

#: Full-width ASCII and the full-width space become half-width, what nobody sees is left out; minus
#: signs and "〜" stay apart.
_HALF_WIDTH: Final = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | {0x3000: 0x20, 0x00A0: 0x20}
    | dict.fromkeys((*_WITHOUT_WIDTH, *_CONTROLS))
)

_LINE_END: Final = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
#: Any of all that; most text that is not printable has but "\n" or a full-width space.
_TO_MEND: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
)
_SEEN: Final = re.compile(rf"[^\s{''.join(map(chr, (*_WITHOUT_WIDTH, *_CONTROLS)))}]")


def half_width(text: str) -> str:
    """`text` with full-width ASCII made half-width, trimmed; kana and kanji stay."""
    return text.translate(_HALF_WIDTH).strip()


def unix_lines(text: str) -> str:
    """`text` as it can be sent: every kind of line end as "\\n", no control characters.

    Raises:
        ValueRefusedError: half of a character is missing.
    """
    # Most text has none of this, and all of it is unprintable: much cheaper to ask than to search.
    if text.isprintable() or not _TO_MEND.search(text):
        return text
    if _HALF_A_PAIR.search(text):
        raise ValueRefusedError("broken_character")
    return _UNSENT.sub("", _LINE_END.sub("\n", text))


def one_line(text: str) -> str:
    """As `unix_lines`, with each line break as one space: a single-line field holds none."""
    lines = unix_lines(text)
    return " ".join(part.strip() for part in lines.split("\n")).strip() if "\n" in lines else lines


def is_blank(text: str) -> bool:
    """Whether nobody would see anything: spaces of any width, and what has no width."""
    if text[:1].isprintable() and text[:1] not in ("", " "):  # almost always
        return False
    return _SEEN.search(text) is None
