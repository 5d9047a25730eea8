"""`{% load manual %}`: the link to what explains this screen."""

from typing import TYPE_CHECKING

from django import template
from django.urls import reverse

from manual.screens import place_of

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()


@register.inclusion_tag("partials/help.html", takes_context=True)
def help_link(context: template.Context) -> dict[str, object]:
    """The link to the manual's page about this screen, at the head of every page."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    view = match.view_name if match else ""
    slug, hash_sign, anchor = place_of(view).partition("#")
    page = reverse("manual:page", args=[slug]) if slug else reverse("manual:contents")
    return {"address": page + hash_sign + anchor, "inside": view.startswith("manual:")}
