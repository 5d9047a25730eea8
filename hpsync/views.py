"""Signing in and out, the language, and the pages for what went wrong."""

from django.contrib.auth.views import LoginView, LogoutView
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

sign_in = LoginView.as_view(template_name="hpsync/sign_in.html", redirect_authenticated_user=True)
sign_out = LogoutView.as_view()
choose_language = require_POST(set_language)
