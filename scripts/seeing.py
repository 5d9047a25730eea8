"""A pytest plugin for `problems_read.py`: which problems stood on a page, or in a mail, of a test.

It appends lines of JSON, [code, name of the page's view, test], to the file that SEEN names.
"""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse


def shown(response: HttpResponse) -> set[str]:
    """The codes of the problems that the page tells of."""
    content = response.content
    if response.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return problems_told(content.decode())


def problems_told(text: str) -> set[str]:
    """The codes of the problems that a text tells of."""
    from tests.screens.problems import problems_in

    return problems_in(text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Every page that is answered meanwhile is read, and those that tell of what happened after."""
    found: set[tuple[str, str]] = set()
    answer = BaseHandler.get_response

    def watched(handler: BaseHandler, asked: HttpRequest) -> Any:
        response: Any = answer(handler, asked)
        match = asked.resolver_match
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not response.streaming and match and match.app_name != "manual":
            found.update((code, match.view_name) for code in shown(response))
        return response

    BaseHandler.get_response = watched  # type: ignore[assignment,method-assign]
    try:
        result = yield
        look_around(item)
        for sent in getattr(mail, "outbox", ()):
            found.update((code, "mail") for code in problems_told(str(sent.body)))
    finally:
        BaseHandler.get_response = answer  # type: ignore[method-assign]
    with Path(os.environ["SEEN"]).open("a", encoding="utf-8") as lines:
        lines.writelines(
            json.dumps([code, view, item.nodeid]) + "\n" for code, view in sorted(found)
        )
    return result


def look_around(item: pytest.Item) -> None:
    """Ask for the pages on which an administrator would find what the test brought about."""
    if not {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ())):
        return
    from crm.models import Account

    account = Account.objects.create(username="looks-around", role=Account.Role.ADMINISTRATOR)
    browser = Client(raise_request_exception=False)
    browser.force_login(account)
    for address in addresses():
        browser.get(address)


def addresses() -> Iterator[str]:
    """Pages of what there is in the database."""
    from integrations.models import Connection
    from jobs.models import Run
    from mapping.models import Mapping

    for view in ("dashboard", "settings", "source", "source-refused", "notices"):
        yield reverse(f"jobs:{view}")
    for connection in Connection.objects.all()[:3]:
        yield reverse("jobs:connection", args=[connection.pk])
    for mapping in Mapping.objects.all()[:4]:
        for view in ("mapping:edit", "jobs:failures", "jobs:trial"):
            yield reverse(view, args=[mapping.pk])
        yield reverse("jobs:preview", args=[mapping.pk]) + "?list=failed"
    for run in Run.objects.order_by("-pk")[:6]:
        yield reverse("jobs:run", args=[run.pk])
