"""What kintone keeps of the HTML of a rich text: no scripts, nothing that acts (§5, "sanitised").

Which tags and attributes exactly kintone keeps is not public; here only what can act goes.
"""

from html import escape
from html.parser import HTMLParser

_GONE = frozenset(
    {"script", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "title"}
)
_VOID = frozenset({"embed", "link", "meta", "base"})
_ADDRESSES = frozenset({"href", "src"})


def sanitised(markup: str) -> str:
    """The markup without elements and attributes that could do something."""
    if "<" not in markup:
        return markup
    parser = _Sanitiser()
    parser.feed(markup)
    parser.close()
    return "".join(parser.kept)


class _Sanitiser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._inside = 0
        """How many elements that go are open."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _GONE:
            self._inside += tag not in _VOID
        elif not self._inside:
            self.kept.append(f"<{tag}{''.join(_attributes(attrs))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _GONE and not self._inside:
            self.kept.append(f"<{tag}{''.join(_attributes(attrs))} />")

    def handle_endtag(self, tag: str) -> None:
        if tag in _GONE:
            self._inside = max(0, self._inside - (tag not in _VOID))
        elif not self._inside:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if not self._inside:
            self.kept.append(text)


def _attributes(attrs: list[tuple[str, str | None]]) -> list[str]:
    kept = []
    for name, value in attrs:
        acts = name.startswith("on") or (
            name in _ADDRESSES and (value or "").strip().lower().startswith("javascript:")
        )
        if not acts:
            kept.append(f" {name}" if value is None else f' {name}="{escape(value)}"')
    return kept
