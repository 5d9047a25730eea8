"""In what way a file's bytes are text, decided strictly: a wrong guess would spoil the data."""

import codecs
import re
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

_BLOCK: Final = 64 * 1024
_UTF8: Final = "utf-8-sig"
_JAPANESE: Final = "cp932"

#: Single bytes that Python's cp932 lets pass though Shift_JIS does not have them.
_NOT_SHIFT_JIS: Final = re.compile("[\x80\uf8f0-\uf8f3]")

#: So many characters of three bytes before the first broken one show that the text is UTF-8.
_SURELY_UTF8: Final = 3


class CsvError(Exception):
    """The file cannot be read; `str()` says why, where, and what to do."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class _BrokenError(Exception):
    """The bytes from this line on are no such text."""

    def __init__(self, *, line: int, offset: int, wide: int) -> None:
        super().__init__()
        self.line = line
        self.offset = offset
        self.wide = wide
        """Characters of three bytes before it."""


def encoding_of(file: BinaryIO) -> str:
    """`utf-8-sig` (with or without BOM) or `cp932`; the whole file is read, in blocks.

    Raises:
        CsvError: it is empty, no text, or broken; the line of the first broken byte is named.
    """
    _refuse_other_formats(file)
    try:
        _try(file, _UTF8)
    except _BrokenError as broken:
        if broken.wide >= _SURELY_UTF8 or _has_bom(file):
            raise _broken_error(broken, "UTF-8") from None
        return _japanese_or_broken(file, utf8=broken)
    return _UTF8


def _japanese_or_broken(file: BinaryIO, *, utf8: _BrokenError) -> str:
    try:
        _try(file, _JAPANESE)
    except _BrokenError as broken:
        name = "UTF-8" if utf8.offset > broken.offset else "Shift_JIS"
        raise _broken_error(max(utf8, broken, key=lambda one: one.offset), name) from None
    return _JAPANESE


def _broken_error(broken: _BrokenError, name: str) -> CsvError:
    message = _(
        "%(line)s行目に、%(encoding)sとして読めない文字があります。"
        "ファイルを開いて文字を直すか、UTF-8で保存し直してください。"
    )
    return CsvError(message % {"line": broken.line, "encoding": name}, line=broken.line)


def _refuse_other_formats(file: BinaryIO) -> None:
    file.seek(0)
    start = file.read(4)
    if not start:
        raise CsvError(_("ファイルが空です。見出し行のあるCSVファイルを指定してください。"))
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CsvError(_("UTF-16のファイルです。UTF-8かShift_JISのCSVとして保存し直してください。"))


def _has_bom(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(3) == codecs.BOM_UTF8


def _try(file: BinaryIO, encoding: str) -> None:
    """Decode the whole file, or raise `_BrokenError` for the first byte that cannot be."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    offset, lines, wide = 0, 1, 0
    while True:
        block = file.read(_BLOCK)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            good = error.object[: error.start]
            wide += _wide(good.decode(encoding, errors="ignore"))
            raise _BrokenError(
                line=lines + good.count(b"\n"), offset=offset + error.start, wide=wide
            ) from None
        odd = _NOT_SHIFT_JIS.search(text) if encoding == _JAPANESE else None
        if odd:
            good_text = text[: odd.start()]
            raise _BrokenError(
                line=lines + good_text.count("\n"), offset=offset + odd.start(), wide=0
            )
        if not block:
            return
        lines += text.count("\n")
        wide += _wide(text) if wide < _SURELY_UTF8 else 0
        offset += len(block)


def _wide(text: str) -> int:
    return sum("\u0800" <= character <= "\uffff" for character in text)
