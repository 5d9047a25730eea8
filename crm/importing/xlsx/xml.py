"""XML read block by block, and refused where it would take memory without end."""

from collections.abc import Iterator
from typing import IO, Final, Protocol
from xml.parsers import expat

from crm.importing.encoding import CsvError
from crm.importing.xlsx.words import broken, too_large

_BLOCK: Final = 256 * 1024
#: Deeper than anything in a workbook.
_DEEPEST: Final = 100
#: One tag with its attributes; the parser holds it in memory until it ends.
_LONGEST_TAG: Final = 4 * 1024 * 1024


class Handler(Protocol):
    """Who is told of the elements; names come without their namespaces."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Characters stand in an element; a text may come in parts."""


def parse(part: IO[bytes], handler: Handler) -> Iterator[None]:
    """Read the part; stops after each block, so that what the handler found can be used.

    Raises:
        CsvError: it is no XML, cut off, or made to take memory.
    """
    parser = _parser(handler)
    fed = 0
    try:
        while True:
            block = part.read(_BLOCK)
            parser.Parse(block, not block)
            fed += len(block)
            if not block:
                yield
                return
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TAG:
                raise too_large()
            yield
    except expat.ExpatError as error:
        raise broken() from error


def local(name: str) -> str:
    """The name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def _parser(handler: Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise broken()
        handler.start(local(name) if ":" in name else name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(local(name) if ":" in name else name)

    def refuse(*_declared: object) -> CsvError:
        # No workbook declares entities; they are how a small file grows without end.
        raise broken()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = refuse
    return parser
