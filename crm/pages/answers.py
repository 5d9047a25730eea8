"""What the pages of `crm` share."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks, and so for a part of the page alone."""
    return request.headers.get("HX-Request") == "true"


def show_form(
    request: HttpRequest, template: str, form: forms.BaseForm, **context: object
) -> HttpResponse:
    """The page with `form`: status 422 where it was refused, so that htmx and tests can tell."""
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
