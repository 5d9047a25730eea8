"""How the commands name a mapping, `CONNECTION/TYPE` or `CONNECTION/TYPE/APP`, and how they end."""

from argparse import ArgumentParser
from collections.abc import Iterable

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from common.types import RecordType
from common.wording import listed
from integrations.models import Connection
from mapping.models import Mapping

#: Exit codes besides 0 (design.md §8): it did not end well; it did not begin.
NOT_WELL, NOT_STARTED = 1, 2


class NoSuchMappingError(Exception):
    """The text names no mapping, or several; worded for the reader."""


def find_mapping(text: str) -> Mapping:
    """The mapping of that name; the app may be left out where the type goes into one only.

    Raises:
        NoSuchMappingError: there is none, or there are several.
    """
    name, record_type, app = _split(text)
    if not Connection.objects.filter(name=name).exists():
        message = _("接続「%(name)s」はありません。あるのは%(known)sです。") % {
            "name": name,
            "known": _listed(Connection.objects.values_list("name", flat=True)),
        }
        raise NoSuchMappingError(message)
    of_type = Mapping.objects.select_related("connection").filter(
        connection__name=name, record_type=record_type
    )
    found = list(of_type if app is None else of_type.filter(app=app))
    if len(found) == 1:
        return found[0]
    if found:
        message = _("マッピングが複数あります。アプリIDまで指定してください: %(names)s")
    else:
        of_type = Mapping.objects.select_related("connection").filter(connection__name=name)
        message = _("マッピング「%(text)s」はありません。あるのは%(names)sです。")
    raise NoSuchMappingError(message % {"text": text, "names": _listed(map(str, of_type))})


def add_mapping_argument(parser: ArgumentParser) -> None:
    """The command is about one mapping, `options["mapping"]`."""
    parser.add_argument(
        "mapping", metavar="CONNECTION/TYPE[/APP]", help=_("接続名/種類（/アプリID）")
    )


def mapping_or_refusal(text: str) -> Mapping:
    """The mapping that the command is about.

    Raises:
        CommandError: there is none, or there are several; exit code `NOT_STARTED`.
    """
    try:
        return find_mapping(text)
    except NoSuchMappingError as error:
        raise CommandError(str(error), returncode=NOT_STARTED) from error


def _split(text: str) -> tuple[str, RecordType, int | None]:
    """Connection's name (which may hold a slash itself), type and app."""
    head, _slash, last = text.rpartition("/")
    if last.isdecimal():
        name, _slash, record_type = head.rpartition("/")
        app: int | None = int(last)
    else:
        name, record_type, app = head, last, None
    if not name or record_type not in tuple(RecordType):
        message = _(
            "「%(text)s」は、「接続名/種類」または「接続名/種類/アプリID」の形ではありません。種類は%(types)sのどれかです。"
        )
        raise NoSuchMappingError(message % {"text": text, "types": listed(RecordType)})
    return name, RecordType(record_type), app


def _listed(names: Iterable[str]) -> str:
    return listed(_("「%s」") % name for name in names) or _("（なし）")
