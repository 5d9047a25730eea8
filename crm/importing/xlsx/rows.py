"""The rows of a sheet: cells as the texts that a CSV of it would have."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from crm.importing.lines import Line
from crm.importing.xlsx.formats import Format, Meaning, text_of
from crm.importing.xlsx.texts import TextParts, Texts, unescaped
from crm.importing.xlsx.words import broken, too_large

_COLUMNS: Final = 16_384
_ROWS: Final = 1_048_576
#: Characters in one row; Excel's limits would allow hundreds of megabytes.
_WIDEST: Final = 4_000_000


class Rows:
    """Takes whole rows out of the elements of a sheet."""

    def __init__(self, *, texts: Texts, formats: Sequence[Format], from_1904: bool) -> None:
        self._texts, self._formats, self._from_1904 = texts, formats, from_1904
        self._done: list[Line] = []
        self._number = 0
        self._cells: list[str] = []
        self._flaws: dict[int, str] = {}
        self._length = 0
        self._cell: _Cell | None = None
        self._columns: dict[str, int] = {}
        self._readers: Mapping[str, Callable[[_Cell], str]] = {
            "s": self._shared,
            "b": lambda cell: "TRUE" if cell.raw() == "1" else "FALSE",
            "d": lambda cell: cell.raw(),
            "str": lambda cell: unescaped(cell.raw()),
            "inlineStr": lambda cell: cell.inline.whole(),
            "e": lambda cell: cell.raw(),
            "n": self._numeric,
        }

    def take(self) -> list[Line]:
        """The rows since the last call that are not blank."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self._cell is not None:
            self._cell.start(name)
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            self._begin_row(attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if name == "c" and self._cell is not None:
            self._end_cell(self._cell)
            self._cell = None
        elif self._cell is not None:
            self._cell.end(name)
        elif name == "row" and any(cell.strip() for cell in self._cells):
            line = Line(line=self._number, cells=tuple(self._cells), flaws=self._flaws)
            self._done.append(line)

    def text(self, data: str) -> None:
        """Characters stand in an element."""
        if self._cell is not None:
            self._cell.add(data)

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        before, self._number = self._number, _row_number(number) or self._number + 1
        if not before < self._number <= _ROWS:
            raise broken()
        self._cells, self._flaws, self._length = [], {}, 0

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r", "")
        position = self._position(place) if place else len(self._cells)
        if not len(self._cells) <= position < _COLUMNS:
            raise broken()
        self._cells.extend([""] * (position - len(self._cells)))
        self._cell = _Cell(kind=attributes.get("t", "n"), style=attributes.get("s", ""))

    def _end_cell(self, cell: "_Cell") -> None:
        flaw = cell.flaw()
        if flaw:
            self._flaws[len(self._cells)] = flaw % {"column": _letters(len(self._cells))}
            value = cell.formula() or cell.raw()
        else:
            value = self._readers.get(cell.kind, _Cell.raw)(cell)
        self._length += len(value)
        if self._length > _WIDEST:
            raise too_large()
        self._cells.append(value)

    def _shared(self, cell: "_Cell") -> str:
        raw = cell.raw()
        if not raw:
            return ""
        if not (raw.isascii() and raw.isdigit() and len(raw) < 12):
            raise broken()
        return self._texts[int(raw)]

    def _numeric(self, cell: "_Cell") -> str:
        raw = cell.raw()
        if not raw:
            return ""
        style = cell.style
        known = style.isdigit() and len(style) < 9 and int(style) < len(self._formats)
        meaning = self._formats[int(style)] if known else Meaning.NUMBER
        return text_of(raw, meaning, from_1904=self._from_1904)

    def _position(self, place: str) -> int:
        """BC12 → 54."""
        letters = place.rstrip("0123456789")
        known = self._columns.get(letters)
        if known is None:
            if not (1 <= len(letters) <= 3 and letters.isascii() and letters.isalpha()):
                raise broken()
            known = 0
            for letter in letters.upper():
                known = known * 26 + ord(letter) - ord("A") + 1
            known -= 1
            self._columns[letters] = known
        return known


class _Cell:
    """One cell under way."""

    __slots__ = ("_formula", "_parts", "_where", "inline", "kind", "style")

    def __init__(self, *, kind: str, style: str) -> None:
        self.kind, self.style = kind, style
        self._where = ""
        self._parts: list[str] | None = None
        self._formula: list[str] | None = None
        self.inline = TextParts()

    def start(self, name: str) -> None:
        """An element inside the cell begins."""
        self._where = name
        if name == "v":
            self._parts = []
        elif name == "f":
            self._formula = []
        else:
            self.inline.start(name)

    def end(self, name: str) -> None:
        """An element inside the cell ends."""
        self._where = ""
        self.inline.end(name)

    def add(self, data: str) -> None:
        """Characters inside the cell."""
        if self._where == "v" and self._parts is not None:
            self._parts.append(data)
        elif self._where == "f" and self._formula is not None:
            self._formula.append(data)
        else:
            self.inline.add(data)
            return
        if sum(map(len, self._parts or ())) + sum(map(len, self._formula or ())) > _WIDEST:
            raise too_large()

    def raw(self) -> str:
        """The value as it is written in the file."""
        return "".join(self._parts or ())

    def formula(self) -> str:
        """The formula as it would be typed; "" where there is none."""
        return "" if self._formula is None else "=" + "".join(self._formula)

    def flaw(self) -> str:
        """Why the value cannot be known, with a place for the column; "" if it can."""
        if self.kind == "e":
            return _("%(column)s列の値が、数式のエラーです。値を修正してください。")
        computed = self._parts is not None and (self.raw() or self.kind == "str")
        if self._formula is not None and not computed:
            return _(
                "%(column)s列の数式に、計算結果が保存されていません。"
                "Excelで開いて上書き保存するか、値に置き換えてください。"
            )
        return ""


def _row_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _letters(position: int) -> str:
    """54 → BC."""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
