"""An entry in one line: what it is about, and who did it."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.kinds import Origin
from audit.models import Entry
from common.types import RecordType
from crm.labels import record_type_label


def thing_of(entry: Entry) -> str:
    """「本番・会社 → 顧客リスト」「会社・青葉商事」「佐藤花子」; "" where the kind says it all."""
    return _("・").join("".join(text for text, _is_data in part) for part in _parts(entry))


def thing_as_html(entry: Entry) -> SafeString:
    """`thing_of`, with what people typed marked as Japanese."""
    parts = [
        format_html_join(
            "",
            "{}",
            (
                (format_html('<span lang="ja">{}</span>', text) if is_data else text,)
                for text, is_data in part
            ),
        )
        for part in _parts(entry)
    ]
    return format_html_join(_("・"), "{}", ((part,) for part in parts))


def actor_of(entry: Entry) -> str:
    """The account, the token, the command; how it came about where nobody did it."""
    if entry.actor:
        return entry.actor
    return str(Origin(entry.origin).label)


def _parts(entry: Entry) -> Sequence[Sequence[tuple[str, bool]]]:
    """What is told one after the other, each in pieces: text, and whether people typed it."""
    record_type = record_type_label(RecordType(entry.record_type)) if entry.record_type else ""
    label = (_("（削除済み）"), False) if entry.erased else (entry.label, True)
    parts = [[(entry.connection_name, True)]]
    if entry.connection_name and record_type and entry.label:
        parts.append([(f"{record_type} → ", False), label])
    else:
        parts += [[(record_type, False)], [label]]
    if count := entry.details.get("count"):
        told = ngettext("%(count)s件", "%(count)s件", count) % {"count": f"{count:,}"}
        parts.append([(told, False)])
    return [part for part in parts if part[-1][0]]
