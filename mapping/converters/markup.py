"""HTML as plain text."""

import re
from html.parser import HTMLParser
from typing import Final

#: What stands on lines of its own.
_BLOCK: Final = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]"
    "|header|hr|li|main|nav|ol|p|pre|section|table|tr|ul"
)


def without_markup(value: str) -> str:
    """The text of HTML: blocks, breaks and list items on lines of their own."""
    parser = _TextOfHtml()
    parser.feed(value)
    parser.close()
    return parser.text()


class _TextOfHtml(HTMLParser):
    _CELLS = frozenset(("td", "th"))
    _SILENT = frozenset(("script", "style"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in self._SILENT:
            self._silent += 1
        if tag == "br":
            self._parts.append("\n")
        elif _BLOCK.fullmatch(tag):
            self._break_line()
        elif tag in self._CELLS:
            self._move_apart()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)
        if _BLOCK.fullmatch(tag) and tag != "br":
            self._break_line()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def text(self) -> str:
        return "".join(self._parts).strip("\n").replace("\xa0", " ")

    def _move_apart(self) -> None:
        if self._parts and not self._parts[-1][-1:].isspace():
            self._parts.append(" ")

    def _break_line(self) -> None:
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")
