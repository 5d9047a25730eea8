"""What a page of the manual weighs on its way to a reader who comes for the first time."""

import gzip
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client
from django.urls import reverse

from manual.contents import SLUGS
from manual.pages import page_of
from manual.places import LANGUAGES, PICTURES

MOST = 150_000
LOADED = re.compile(r'(?:<link rel="stylesheet" href|<script src)="([^"]+)"')


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_comes_within_150_kb_with_all_its_pictures(
    as_administrator: Client, language: str
) -> None:
    as_administrator.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    heavy = {}
    for slug in SLUGS:
        html = as_administrator.get(reverse("manual:page", args=[slug])).content
        files = sum(_zipped(address) for address in LOADED.findall(html.decode()))
        pictures = page_of(slug, language).shown.pictures
        seen = sum((PICTURES.parent / name).stat().st_size for name in pictures)
        if (weight := len(html) + files + seen) > MOST:
            heavy[slug] = weight

    assert heavy == {}


def _zipped(address: str) -> int:
    """The size of a static file as the product sends it."""
    name = re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", address.removeprefix(static("")))
    path = finders.find(name)
    assert path, address
    with open(path, "rb") as file:  # noqa: PTH123 — as finders give it
        return len(gzip.compress(file.read()))
