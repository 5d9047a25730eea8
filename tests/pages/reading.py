"""Reads an answer as a person does: what stands in which place, what a form would send."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from django.test.html import Element, parse_html


class Answer(Protocol):
    """What the client gets back."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


class Page:
    """An answer's HTML."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status_code
        self._root = parse_html(answer.content.decode())

    def text(self, identifier: str = "main") -> str:
        """The text within the element of that id, blanks collapsed; "" if there is none."""
        element = self._by_id(identifier)
        return _text(element) if element is not None else ""

    def has(self, identifier: str) -> bool:
        """Whether an element has that id."""
        return self._by_id(identifier) is not None

    def error_of(self, name: str) -> str:
        """The message that stands beside the field of that name, tied to it for a screen reader."""
        identifier = self._field(name)["id"]
        error = self.text(f"{identifier}_error")
        assert not error or f"{identifier}_error" in self._field(name).get("aria-describedby", "")
        return error

    def links(self) -> dict[str, str]:
        """Text → address of every link."""
        return {_text(link): _of(link).get("href", "") for link in self._all("a")}

    def buttons(self) -> list[str]:
        """The text of every button."""
        return [_text(button) for button in self._all("button")]

    def title(self) -> str:
        """The document's title."""
        return _text(next(self._all("title")))

    def values(self) -> dict[str, str]:
        """Name → value of what the page's fields would send as they stand."""
        sent = {}
        for element in self._all("input", "select", "textarea"):
            given = _of(element)
            if "name" not in given:
                continue
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                continue
            sent[given["name"]] = _value(element)
        return sent

    def _field(self, name: str) -> dict[str, str]:
        found = (_of(one) for one in self._all("input", "select", "textarea"))
        return next(given for given in found if given.get("name") == name)

    def _by_id(self, identifier: str) -> Element | None:
        found = (one for one in self._all() if _of(one).get("id") == identifier)
        return next(found, None)

    def _all(self, *names: str) -> Iterator[Element]:
        yield from _walk(self._root, names)


def _walk(element: Any, names: tuple[str, ...]) -> Iterator[Element]:
    if not isinstance(element, Element):
        return
    if not names or element.name in names:
        yield element
    for child in element.children:
        yield from _walk(child, names)


def _of(element: Element) -> dict[str, str]:
    return {name: value if value is not None else "" for name, value in element.attributes}


def _text(element: Any) -> str:
    if not isinstance(element, Element):
        return str(element)
    return " ".join("".join(f"{_text(child)} " for child in element.children).split())


def _value(element: Element) -> str:
    given = _of(element)
    if element.name == "textarea":
        return _text(element)
    if element.name != "select":
        return given.get("value", "on" if given.get("type") == "checkbox" else "")
    options = [_of(option) for option in _walk(element, ("option",))]
    chosen = next((option for option in options if "selected" in option), options[0])
    return chosen.get("value", "")


def filled(page: Page, changes: Mapping[str, str]) -> dict[str, str]:
    """What the page's form sends once these fields were changed."""
    return {**page.values(), **changes}
