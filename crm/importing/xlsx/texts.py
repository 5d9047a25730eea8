"""The texts that the cells of a workbook share, read as far as they are asked for, kept on disk."""

import os
import re
import tempfile
from array import array
from typing import IO, TYPE_CHECKING, Final

from crm.importing.xlsx.words import broken, too_large
from crm.importing.xlsx.xml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A cell of Excel holds 32,767 characters; others may write more.
LONGEST: Final = 200_000
#: So many places take 80 MB.
_MOST: Final = 10_000_000
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


class Texts:
    """Number → text. The part is read on only until the number that is wanted."""

    def __init__(self, part: IO[bytes] | None) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # until close
        self._ends = array("Q", [0])
        self._collected = _Collector()
        self._reading: Iterator[None] = iter(()) if part is None else parse(part, self._collected)

    def __getitem__(self, number: int) -> str:
        """The text of that number.

        Raises:
            CsvError: there is none, or the part is broken.
        """
        while number + 1 >= len(self._ends):
            if not self._read_on():
                raise broken()
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode(errors="surrogatepass")

    def close(self) -> None:
        """Forget the texts."""
        self._file.close()

    def _read_on(self) -> bool:
        """Keep the next texts; whether there may be more."""
        going = next(self._reading, self) is None
        end = self._ends[-1]
        pieces = []
        for text in self._collected.take():
            piece = text.encode(errors="surrogatepass")
            end += len(piece)
            pieces.append(piece)
            self._ends.append(end)
        if len(self._ends) > _MOST:
            raise too_large()
        self._file.write(b"".join(pieces))
        self._file.flush()
        return going


class _Collector:
    """Takes whole texts out of the elements: all runs of one, without the reading over it."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._text = TextParts()

    def take(self) -> list[str]:
        """The texts since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "si":
            self._text = TextParts()
        self._text.start(name)

    def end(self, name: str) -> None:
        """An element ends."""
        self._text.end(name)
        if name == "si":
            self._done.append(self._text.whole())

    def text(self, data: str) -> None:
        """Characters stand in an element."""
        self._text.add(data)


class TextParts:
    """One text that may be in runs of several formats, with its furigana (rPh) left out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._open = False
        self._reading = False

    def start(self, name: str) -> None:
        """An element begins."""
        if name == "rPh":
            self._reading = True
        self._open = name == "t" and not self._reading

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "rPh":
            self._reading = False
        self._open = False

    def add(self, data: str) -> None:
        """Characters; those outside of text elements are layout."""
        if not self._open:
            return
        self._length += len(data)
        if self._length > LONGEST:
            raise too_large()
        self._parts.append(data)

    def whole(self) -> str:
        """The text."""
        return unescaped("".join(self._parts))


def unescaped(text: str) -> str:
    """The text with characters that XML cannot hold (`_x000D_`) as they are."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
