"""Which pictures the manual has: each with the screen, and the part of it, that it shows."""

from dataclasses import dataclass

#: The first of each kind, in a folder that nobody used before.
CONNECTION = COMPANIES = 1
LEADS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture; `part` says by CSS where it begins, and it ends after `height` pixels."""

    name: str
    address: str
    part: str = "main"
    height: int = 520
    opened: str = ""
    """A `<details>` to open before."""


#: Before anything is set up.
FIRST = (
    Picture(name="first-steps", address="/", height=470),
    Picture(name="connection", address="/settings/new/?practice=1", height=600),
)
#: After 「読み込み」.
LOADED = (
    Picture(
        name="suggestions",
        address=f"/settings/mappings/{COMPANIES}/",
        part="#suggestions",
        height=480,
    ),
)
#: With everything at work.
AT_WORK = (
    Picture(name="dashboard", address="/", height=760),
    Picture(
        name="mapping",
        address=f"/settings/mappings/{COMPANIES}/",
        part="#rows .table-box",
        height=480,
    ),
    Picture(name="values", address=f"/settings/mappings/{COMPANIES}/values/?field=業種"),
    Picture(name="kintone-users", address=f"/settings/{CONNECTION}/users/", height=600),
    Picture(name="preview", address=f"/settings/mappings/{COMPANIES}/preview/", height=600),
    Picture(name="first-load", address=f"/settings/mappings/{COMPANIES}/first-load/", height=460),
    Picture(name="new-app", address=f"/settings/{CONNECTION}/recipe/company/", height=480),
    Picture(name="runs", address="/runs/", height=480),
    Picture(name="failures", address=f"/settings/mappings/{COMPANIES}/failures/", height=600),
    Picture(name="customers", address="/customers/company/", height=480),
    Picture(name="items", address="/customers/company/items/", height=560),
    Picture(name="members", address="/customers/members/", height=480),
    Picture(name="source", address="/source/", height=520),
    Picture(name="duplicates", address="/duplicates/company/", height=420),
    Picture(name="ids", address="/identity/company/", height=480),
    Picture(name="cleansing", address=f"/settings/{CONNECTION}/cleansing/", height=420),
    Picture(name="users", address="/customers/accounts/", height=300),
    Picture(name="tokens", address="/api-tokens/add/", height=560),
)
#: Made while something is done (`scripts/screenshots.py`).
BY_HAND = ("test", "run", "record", "import-match", "import-forecast")

NAMES = (*(one.name for one in (*FIRST, *LOADED, *AT_WORK)), *BY_HAND)
