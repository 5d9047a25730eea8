"""The table of contents: which pages there are, in which order, under which headings."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Pages that belong together; their titles are the first headings of their files."""

    title: Promise
    slugs: tuple[str, ...]


CHAPTERS = (
    Chapter(title=_("はじめに"), slugs=("start", "dashboard")),
    Chapter(
        title=_("kintoneへの連携を設定する"),
        slugs=(
            *("connection", "mapping", "values", "kintone-users", "test"),
            *("preview", "first-load", "new-app"),
        ),
    ),
    Chapter(
        title=_("毎日の運用"),
        slugs=("runs", "failures", "record", "mails", "requests"),
    ),
    Chapter(
        title=_("顧客データ"),
        slugs=("customers", "import", "items", "members", "source", "ids", "cleansing"),
    ),
    Chapter(title=_("管理"), slugs=("users", "tokens", "history")),
    Chapter(title=_("困ったときは"), slugs=("questions", "words")),
)
#: Every page, in the order in which 「次へ」 walks through them.
SLUGS = tuple(slug for chapter in CHAPTERS for slug in chapter.slugs)
