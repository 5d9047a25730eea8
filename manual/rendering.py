"""Markdown → what a page of the manual shows.

Raw HTML in a page stays text, and links lead where markdown-it-py finds them harmless, so that
nothing in a page can be more than its words, tables and pictures. Headings have the ids that
stand behind them (`## Title {#id}`), the same in both languages.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from manual.places import PICTURE_PREFIX, PICTURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with the words below it, up to the next one; the first is the page's title."""

    anchor: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One page: `body` without its title, `pictures` as files under `static/manual/`."""

    title: str
    lead: str
    """The first paragraph, which tells what the page is about."""
    body: SafeString
    sections: Sequence[Section]
    pictures: Sequence[str]
    links: Sequence[str]
    """Where the text leads, as it is written there."""


class _Renderer(RendererHTML):
    """Tables in boxes that scroll; pictures that load late and open large."""

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """A table as everywhere in the product."""
        tokens[idx].attrSet("class", "data")
        return f'<div class="table-box">{self.renderToken(tokens, idx, options, env)}'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """The end of its box."""
        return f"{self.renderToken(tokens, idx, options, env)}</div>"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A heading of a column."""
        tokens[idx].attrSet("scope", "col")
        return self.renderToken(tokens, idx, options, env)

    def softbreak(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,  # noqa: ARG002  # as the renderer calls it
        env: EnvType,  # noqa: ARG002
    ) -> str:
        """A line that goes on: in Japanese without a space."""
        return _between(tokens[idx - 1].content, tokens[idx + 1].content)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A picture in the room that it will need, so that nothing moves when it comes."""
        token = tokens[idx]
        name = str(token.attrGet("src") or "").removeprefix(PICTURE_PREFIX)
        width, height = _size(PICTURES.parent / name)
        address = static(name)
        for key, value in {
            "src": address,
            "width": width,
            "height": height,
            "loading": "lazy",
            "decoding": "async",
        }.items():
            token.attrSet(key, str(value))
        shown = super().image(tokens, idx, options, env)
        return f'<a class="picture" href="{address}">{shown}</a>'


def _take_anchors(state: StateCore) -> None:
    """`{#id}` behind a heading becomes its id."""
    for heading, words in pairwise(state.tokens):
        found = _ANCHOR.search(words.content) if heading.type == "heading_open" else None
        if found:
            heading.attrSet("id", found[1])
            words.content = words.content[: found.start()]


#: From here on characters have the width of kana.
_FIRST_OF_JAPANESE = "\u2fff"
_ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}$")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
_MARKDOWN.core.ruler.after("block", "anchors", _take_anchors)


def render(text: str) -> Rendered:
    """The page that the Markdown describes.

    Raises:
        ValueError: it does not begin with a title.
        FileNotFoundError: it names a picture that does not exist.
    """
    tokens = _MARKDOWN.parse(text)
    if [token.tag for token in tokens[:3]] != ["h1", "", "h1"]:
        message = "A page of the manual begins with its title."
        raise ValueError(message)
    inline = [child for token in tokens for child in token.children or ()]
    links = [str(one.attrGet("href")) for one in inline if one.type == "link_open"]
    pictures = [str(one.attrGet("src")) for one in inline if one.type == "image"]
    for one in inline:
        if one.type == "link_open":
            one.attrSet("href", _address(str(one.attrGet("href"))))
    sections = list(_sections(tokens))
    return Rendered(
        title=sections[0].heading,
        lead=_said(tokens[4]) if len(tokens) > 4 else "",
        body=SafeString(_MARKDOWN.renderer.render(tokens[3:], _MARKDOWN.options, {})),
        sections=sections,
        pictures=[name.removeprefix(PICTURE_PREFIX) for name in pictures],
        links=links,
    )


def _address(link: str) -> str:
    """`mapping.md#drift` → where that page stands; any other link as it is."""
    path, hash_sign, anchor = link.partition("#")
    if not path.endswith(".md"):
        return link
    return reverse("manual:page", args=[path.removesuffix(".md")]) + hash_sign + anchor


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    anchor, heading, words = "", "", list[str]()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type != "inline":
            continue
        if before is None or before.type != "heading_open":
            words.append(_said(token))
            continue
        if heading:
            yield Section(anchor=anchor, heading=heading, text=" ".join(words))
        anchor, heading, words = str(before.attrGet("id") or ""), _said(token), []
    yield Section(anchor=anchor, heading=heading, text=" ".join(words))


def _said(inline: Token) -> str:
    """The words of a paragraph, a cell or a heading; of pictures nothing."""
    said = ""
    for one in inline.children or ():
        if one.type == "softbreak":
            said += _between(said, "")
        elif one.type != "image":
            said += one.content
    return said


def _between(before: str, after: str) -> str:
    """What stands between two lines of one paragraph."""
    return "" if max(before[-1:], after[:1]) > _FIRST_OF_JAPANESE else "\n"


def _size(picture: Path) -> tuple[int, int]:
    """Width and height in pixels, as the head of a PNG file tells them."""
    with picture.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return width, height
