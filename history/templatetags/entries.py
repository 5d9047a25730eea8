"""`{% load entries %}`: an entry in words."""

from django import template
from django.utils.safestring import SafeString

from audit.models import Entry
from history import titles

register = template.Library()


@register.filter
def thing(entry: Entry) -> SafeString:
    """What it is about."""
    return titles.thing_as_html(entry)
