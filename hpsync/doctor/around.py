"""The machine: files and their modes, room on the disks, and the address that people type."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from hpsync.doctor.findings import Finding, failure, warning, well

#: Free bytes below which a disk is too full, and below which somebody should look.
TOO_FULL, FULL = 200_000_000, 2_000_000_000
#: What lies in `VAR_DIR` and is nobody else's business.
PRIVATE = ("secret_key", "credential_key", "admin_password", "hpsync.sqlite3", "imports", "mail")


def files() -> Iterator[Finding]:
    """Whether others of this machine could read keys or customers' data."""
    what = _("ファイルの権限")
    # Where others may not enter the folder, what lies in it is closed to them, too.
    if not _is_open(settings.VAR_DIR):
        yield well(what)
        return
    places = [settings.VAR_DIR / name for name in PRIVATE]
    exposed = [str(place) for place in places if place.exists() and _is_open(place)]
    if exposed:
        remedy = _("chmod -R go= %(folder)s を実行してください。") % {"folder": settings.VAR_DIR}
        said = _("ほかのユーザーが読めます：%(files)s") % {"files": "、".join(exposed)}
        yield failure(what, said, remedy=remedy)
    else:
        yield well(what)


def _is_open(place: Path) -> bool:
    return bool(place.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def disks() -> Iterator[Finding]:
    """Whether there is room where files are written."""
    for folder in dict.fromkeys((str(settings.VAR_DIR), tempfile.gettempdir())):
        what = _("空き容量（%(folder)s）") % {"folder": folder}
        free = shutil.disk_usage(folder).free
        said = f"{free / 1e9:,.1f} GB"
        remedy = _("不要なファイルを削除するか、容量を増やしてください。")
        if free < TOO_FULL:
            yield failure(what, said, remedy=remedy)
        elif free < FULL:
            yield warning(what, said, remedy=remedy)
        else:
            yield well(what, said)


def addresses() -> Iterator[Finding]:
    """Whether links in mails lead here, and passwords travel encrypted."""
    what = _("画面のアドレス")
    parts = urlsplit(settings.PUBLIC_URL)
    is_local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if settings.DEBUG:
        remedy = _("環境変数DEBUGを削除してください。")
        yield failure(what, _("開発用の設定（DEBUG）です"), remedy=remedy)
    elif is_local and not settings.EMBEDDED:
        said = _("%(url)s は、このサーバーでしか開けません") % {"url": settings.PUBLIC_URL}
        yield warning(
            what, said, remedy=_("PUBLIC_URLに、利用者が開くアドレスを設定してください。")
        )
    elif not is_local and not settings.HTTPS:
        said = _("%(url)s は暗号化されていません") % {"url": settings.PUBLIC_URL}
        yield warning(what, said, remedy=_("httpsで公開し、PUBLIC_URLをhttps://に変えてください。"))
    else:
        yield well(what, settings.PUBLIC_URL)
