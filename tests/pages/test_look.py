"""The colours can be read, in both themes; templates keep to what the security policy allows."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "static" / "hpsync.css").read_text()
LIGHT, DARK = re.findall(r":root \{\n(.*?)\}", CSS, flags=re.DOTALL)
GROUNDS = ("page", "surface", "sunken")
TONES = ("ok", "warn", "err", "info", "neutral")
#: A mail has no policy, and needs its styles inline.
TEMPLATES = sorted(one for one in (ROOT / "templates").rglob("*.html") if "mails" not in one.parts)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: str) -> None:
    given = tokens(theme)
    texts = [
        *product(("text", "muted", "link"), GROUNDS),
        *((tone, f"{tone}-tint") for tone in TONES),
        ("text", "err-tint"),
        ("on-primary", "primary"),
        ("on-danger", "danger"),
    ]

    assert {pair for pair in texts if contrast(given[pair[0]], given[pair[1]]) < 4.5} == set()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_borders_marks_and_focus_can_be_seen(theme: str) -> None:
    given = tokens(theme)
    marks = [
        *product(("control", "focus-outer"), GROUNDS),
        *product((f"{tone}-mark" for tone in TONES), ("page", "surface")),
        ("focus-outer", "focus-inner"),
    ]

    assert {pair for pair in marks if contrast(given[pair[0]], given[pair[1]]) < 3} == set()


def test_both_themes_have_the_same_tokens() -> None:
    assert tokens(LIGHT).keys() == tokens(DARK).keys()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_what_the_security_policy_forbids(template: Path) -> None:
    # Data for a script is no script: a browser never runs it, and the policy lets it pass.
    text = template.read_text().replace('<script type="application/json"', "<data")

    assert not re.search(r"""\sstyle=|\son\w+=|hx-on|<script(?![^>]*\ssrc=)|https?://cdn""", text)


def test_vendored_scripts_ask_for_no_source_map() -> None:
    for script in (ROOT / "static").rglob("*.js"):
        assert "sourceMappingURL" not in script.read_text()
