"""The gate, tried on every route that exists."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from api.access import DOCS_ROUTE
from hpsync.access import OPEN_ROUTES

#: Values to fill arguments of paths with: the first that the argument's converter takes.
SAMPLES = ("1", "company", "some/where", "00000000-0000-0000-0000-000000000000")


def routes(
    resolver: URLResolver | None = None, *, before: str = "/", space: str = ""
) -> Iterator[tuple[str, str]]:
    """(name, path) of every route, with sample values where a path takes arguments."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + _filled(entry)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry, before=path, space=inner)
        else:
            yield f"{space}{entry.name}", path


def _filled(entry: URLPattern | URLResolver) -> str:
    path = str(entry.pattern)
    for name, converter in entry.pattern.converters.items():
        sample = next(sample for sample in SAMPLES if _takes(converter, sample))
        path = re.sub(rf"<(?:\w+:)?{name}>", sample, path)
    return path


def _takes(converter: Any, sample: str) -> bool:
    try:
        converter.to_python(sample)
    except ValueError:
        return False
    return re.fullmatch(converter.regex, sample) is not None


ROUTES = list(routes())
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: What is for programs is closed in its own way (`tests/api/test_access.py`).
CLOSED = [
    path
    for name, path in ROUTES
    if name not in OPEN_ROUTES and (not path.startswith("/api/") or name == DOCS_ROUTE)
]


def test_the_list_of_open_routes_is_short_and_every_one_exists() -> None:
    names = {name for name, _ in ROUTES}
    assert set(OPEN_ROUTES) <= names
    assert len(OPEN_ROUTES) == 7


def test_every_route_leads_somewhere_when_the_gate_is_passed(as_administrator: Client) -> None:
    """Else the paths tried below would be refused for not existing."""
    resolver = get_resolver()
    for name, path in ROUTES:
        assert resolver.resolve(path).view_name == name


@pytest.mark.parametrize("path", CLOSED)
def test_strangers_are_led_to_the_sign_in_page(as_stranger: Client, path: str) -> None:
    for method in METHODS:
        answer = as_stranger.generic(method, path)
        assert answer.status_code == 302
        assert urlsplit(answer["Location"]).path == "/sign-in/"


@pytest.mark.parametrize("path", CLOSED)
def test_ordinary_accounts_are_refused(as_general: Client, path: str) -> None:
    for method in METHODS:
        answer = as_general.generic(method, path)
        assert answer.status_code == 403
        assert "このページを開く権限がありません" in answer.content.decode()


def test_a_path_that_leads_nowhere_says_nothing_to_strangers(as_stranger: Client) -> None:
    assert as_stranger.get("/no/such/path").status_code == 302


def test_a_path_that_leads_nowhere_is_not_found_for_administrators(
    as_administrator: Client,
) -> None:
    answer = as_administrator.get("/no/such/path")
    assert answer.status_code == 404
    assert "ページが見つかりません" in answer.content.decode()


def test_after_signing_in_one_is_led_back_to_where_one_wanted_to_go(as_stranger: Client) -> None:
    answer = as_stranger.get("/runs/?status=failed")
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked == {"next": ["/runs/?status=failed"]}


def test_a_form_that_was_sent_is_not_where_one_is_led_back_to(as_stranger: Client) -> None:
    assert as_stranger.post("/runs/")["Location"] == "/sign-in/"


def test_a_fragment_takes_the_whole_window_to_the_sign_in_page(as_stranger: Client) -> None:
    answer = as_stranger.get(
        "/runs/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/runs/?page=2"},
    )
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fruns%2F%3Fpage%3D2"
    assert answer.content == b""


def test_an_account_that_was_disabled_is_a_stranger_at_once(
    as_administrator: Client, administrator
) -> None:
    administrator.is_active = False
    administrator.save()
    assert as_administrator.get("/runs/").status_code == 302
