"""Where a request comes from, in words that its owner recognises: an address and a browser."""

import re

from django.conf import settings
from django.http import HttpRequest

LONGEST = 64
#: First match wins: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/"),
)
SYSTEMS = (
    ("Windows", "Windows NT"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("ChromeOS", "CrOS"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)


def address_of(request: HttpRequest) -> str:
    """Where the request comes from; where we were told of a proxy, what that says."""
    said = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    return (said.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", ""))[:LONGEST]


def browser_of(request: HttpRequest) -> str:
    """「Chrome 140 / Windows」; the beginning of what it says where we do not know it."""
    said = request.headers.get("User-Agent", "")
    browser = next(
        (f"{name} {found[1]}" for name, pattern in BROWSERS if (found := re.search(pattern, said))),
        "",
    )
    system = next((name for name, mark in SYSTEMS if mark in said), "")
    return (" / ".join(filter(None, (browser, system))) if browser else said)[:LONGEST]
