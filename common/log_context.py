"""What lines of the log are about: said once, and carried by every line that is written within."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039 — never written


@contextmanager
def about(**things: object) -> Iterator[None]:
    """Lines that are written within say these things; a thread wants a copy of the context."""
    token = _about.set({**_about.get(), **things})
    try:
        yield
    finally:
        _about.reset(token)


class AboutFilter(logging.Filter):
    """Gives each record what it is about: `record.about`, and as text `record.about_text`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True: every record passes."""
        things = dict(_about.get())
        record.about = things
        record.about_text = "".join(f"[{name} {thing}] " for name, thing in things.items())
        return True
