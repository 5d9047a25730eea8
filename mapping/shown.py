"""Sent values as people read them."""

from collections.abc import Mapping as MappingOf
from datetime import datetime

from django.utils.translation import gettext as _

from common.clock import JAPAN
from integrations.kintone.form import FieldType
from integrations.kintone.values import JsonValue


def sent_text(value: JsonValue, field_type: FieldType | None = None) -> str:
    """A value of a record as a person would see it in kintone; date-times in Japan time."""
    if value in (None, "", []):
        return _("（空）")
    if isinstance(value, str):
        return _moment(value) if field_type is FieldType.DATETIME else value
    if isinstance(value, MappingOf):
        return str(value.get("code", ""))
    if isinstance(value, list | tuple):
        return "、".join(sent_text(each, field_type) for each in value)
    return str(value)


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M}"
