"""`{% load customer_data %}`: words for record types and kinds, values as a person reads them."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from common.types import ItemValue, Kind, RecordType, UserRef
from crm import labels

register = template.Library()


@register.filter
def type_label(record_type: str) -> str:
    """会社, 部署 or リード."""
    return labels.record_type_label(RecordType(record_type))


@register.filter
def kind_label(kind: str) -> str:
    """The kind of a custom item in words."""
    return labels.kind_label(Kind(kind))


@register.filter
def shown(value: ItemValue) -> str:
    """A value of an item as text; several ones one below the other; "" where it is empty."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, tuple):
        return "\n".join(shown(part) for part in value)
    if isinstance(value, UserRef):
        return f"{value.name}（{value.email}）"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y/%m/%d %H:%M")
    if isinstance(value, date):
        return value.strftime("%Y/%m/%d")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return str(value)
