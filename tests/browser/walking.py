"""Presses what can be pressed, by keyboard alone, and says what was wrong with what came of it."""

import copy
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Response

#: What does something. Links only lead somewhere (`tests/platform/test_screens.py` follows them),
#: unless a script takes them.
ACTING = "button, input[type=submit], summary, a[hx-get], a[role=button]"
#: … and the links that look like something to press.
PRESSED = f"{ACTING}, a.button, .tabs a"
#: Every control that can be seen, with what tells it from the others of its page.
_CONTROLS = """
selector => [...document.querySelectorAll(selector)].map((one, index) => ({
    index,
    seen: one.checkVisibility() && one.closest("[hidden]") === null,
    words: (one.textContent || one.value || "").trim().replace(/\\s+/g, " ").slice(0, 60),
    sent: one.name ? `${one.name}=${one.value}` : "",
    leads: one.getAttribute("href") || one.getAttribute("formaction")
        || one.form?.getAttribute("action") || "",
    head: one.closest("header.site-head") !== null,
    opens: (one.target || one.form?.target || "") === "_blank",
}))
"""
#: Is told where it stands and how it looks once the keyboard is on it; None where it cannot be.
_FOCUS = """
([selector, index]) => {
    const one = document.querySelectorAll(selector)[index];
    one.focus();
    if (document.activeElement !== one) return "cannot be reached by keyboard";
    one.scrollIntoView({block: "nearest"});
    const style = getComputedStyle(one);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "no focus ring";
    const box = one.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width / 2, 20), box.top + box.height / 2];
    const top = document.elementFromPoint(x, y);
    if (top && top !== one && !one.contains(top) && !top.contains(one)) return "is covered";
    return "";
}
"""
_IS_THERE = "([selector, index]) => document.querySelectorAll(selector).length > index"
_STATE = """
() => ({
    words: document.body.innerText,
    open: document.querySelectorAll("details[open], dialog[open]").length,
    said: [...document.querySelectorAll("#live-status, #live-alert")]
        .map(one => one.textContent).join(" "),
    heading: document.querySelectorAll("h1").length,
    title: document.title,
    onBody: document.activeElement === document.body || document.activeElement === null,
    focus: document.activeElement?.outerHTML.slice(0, 200),
    errors: document.querySelectorAll(".error-summary, [aria-invalid=true]").length,
    same: window.walkedHere === true,
    printed: window.printed === true,
})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something on a page that can be pressed."""

    index: int
    words: str
    sent: str
    """Its name and value, where it has any."""
    leads: str
    """The address that it names, if it names one."""
    head: bool
    """In the head that all pages share."""
    opens: bool
    """A window of its own."""

    @property
    def kind(self) -> str:
        """What is the same of such controls in other rows: not what follows a colon."""
        words = "" if self.sent else self.words.partition("：")[0]
        return re.sub(r"\d+", "N", f"{words}|{self.sent}|{self.leads.partition('?')[0]}")


class Walker:
    """Somebody at a keyboard, in a world that is put back as it was before each press."""

    def __init__(self, page: "Page", kintone: Any, *, pressed: str) -> None:
        self.page = page
        self._pressed = pressed
        self._kintone = kintone
        self._world = copy.deepcopy(kintone.domain)
        self._rows = sqlite3.connect(":memory:")
        _database().backup(self._rows)
        self._cookies = page.context.cookies()
        self._files = {one: one.read_bytes() for one in _folder().glob("*")}
        page.add_init_script("window.print = () => { window.printed = true; }")

    def controls(self, address: str) -> list[Control]:
        """What can be pressed at that address."""
        self.put_back()
        self.page.goto(address)
        found = self.page.evaluate(_CONTROLS, self._pressed)
        return [Control(**one) for one in found if one.pop("seen")]

    def put_back(self) -> None:
        """Rows, files, cache, cookies and kintone are as they were at first."""
        self.page.goto("about:blank")
        self._rows.backup(_database())
        self._kintone.world.domains["demo"] = copy.deepcopy(self._world)
        cache.clear()
        self.page.context.clear_cookies()
        self.page.context.add_cookies(self._cookies)  # type: ignore[arg-type]
        for path in _folder().glob("*"):
            path.unlink()
        for path, content in self._files.items():
            path.write_bytes(content)

    def press(self, address: str, control: Control) -> list[str]:
        """What was wrong with it; empty where all is well."""
        self.put_back()
        page = self.page
        page.goto(address)
        page.keyboard.press("Shift")  # from now on focus is shown as for a keyboard
        page.evaluate("window.walkedHere = true")
        # What fills itself may still be on its way.
        page.wait_for_function(_IS_THERE, arg=[self._pressed, control.index])
        if wrong := page.evaluate(_FOCUS, [self._pressed, control.index]):
            return [str(wrong)]
        before = page.evaluate(_STATE)
        with _watching(page) as seen:
            page.keyboard.press("Enter")
            after = seen.settle(wait_for_window=control.opens)
        return [*seen.wrong, *_judged(before, after, seen)]


def _judged(before: dict[str, Any], after: dict[str, Any], seen: "_Watch") -> Iterator[str]:
    if seen.files or seen.windows:
        return
    if after["heading"] != 1 or not after["title"]:
        yield f"{after['heading']} headings, title {after['title']!r}"
    moved = not after["same"]
    changed = any(before[one] != after[one] for one in ("words", "open", "said", "errors"))
    if not (moved or changed or after["printed"] or before["focus"] != after["focus"]):
        yield "nothing happened"
    if not moved and after["onBody"]:
        yield "the focus was lost"
    if not moved and after["errors"] > before["errors"] and after["focus"] == before["focus"]:
        yield "errors did not take the focus"


@dataclass
class _Watch:
    """What the browser was answered, and what it complained of."""

    page: "Page"
    wrong: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    windows: list["Page"] = field(default_factory=list)
    _open: set["Request"] = field(default_factory=set)

    def begin(self, request: "Request") -> None:
        self._open.add(request)

    def end(self, request: "Request") -> None:
        self._open.discard(request)  # what began before the press may end after it

    def fail(self, request: "Request") -> None:
        self.end(request)
        # A file to be kept, and what a new page left behind, end so too.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.wrong.append(f"{request.url}: {request.failure}")

    def answer(self, response: "Response") -> None:
        if response.status >= 400 and response.status != 422:
            self.wrong.append(f"{response.request.method} {response.url}: {response.status}")

    def settle(self, *, wait_for_window: bool) -> dict[str, Any]:
        """How the page is once nothing is asked for any more, and what came is shown."""
        quiet = 0
        for _ in range(500):
            self.page.wait_for_timeout(20)
            waits = bool(self._open) or (wait_for_window and not self.windows)
            quiet = 0 if waits else quiet + 1
            if quiet < 3:
                continue
            self.page.wait_for_load_state()
            try:
                return dict(self.page.evaluate(_STATE))
            except Error:  # it just left for another page
                quiet = 0
        self.wrong.append("it never came to rest")
        return dict(self.page.evaluate(_STATE))


@contextmanager
def _watching(page: "Page") -> Iterator[_Watch]:
    seen = _Watch(page)

    def note_file(download: Any) -> None:
        seen.files.append(download.suggested_filename)

    def note_window(window: "Page") -> None:
        seen.windows.append(window)

    def complain(message: Any) -> None:
        if message.type == "error" and "422" not in message.text:
            seen.wrong.append(message.text)

    watchers = {
        "request": seen.begin,
        "requestfinished": seen.end,
        "requestfailed": seen.fail,
        "response": seen.answer,
        "download": note_file,
        "console": complain,
        "popup": note_window,
    }
    for event, watcher in watchers.items():
        page.on(event, watcher)  # type: ignore[call-overload]
    try:
        yield seen
    finally:
        for event, watcher in watchers.items():
            page.remove_listener(event, watcher)
        for window in seen.windows:
            window.close()


def _database() -> sqlite3.Connection:
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "imports"


def speak(page: "Page", language: str) -> None:
    """Pages are in that language from now on."""
    if language == "en":
        page.goto("/")
        page.get_by_role("button", name="English").click()
        page.locator("html[lang=en]").wait_for()
