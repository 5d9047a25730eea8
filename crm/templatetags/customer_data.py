"""`{% load customer_data %}`: words for record types and kinds, values as a person reads them."""

from django import template

from common.types import ItemValue, Kind, RecordType
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
    return labels.value_label(value)
