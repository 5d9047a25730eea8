"""Signing in and out, and the language."""

from datetime import timedelta
from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from hpsync import throttle


class SignInView(LoginView):
    """The sign-in page; who was wrong too often is told how long to wait (`hpsync.throttle`)."""

    template_name = "hpsync/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The next page, or this one again with what was wrong."""
        self.attempt = throttle.attempt_of(request)
        wait = self.attempt.wait()
        return self._ask_to_wait(wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signed in."""
        response = super().form_valid(form)
        self.attempt.note_right(response)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Not signed in; what was left empty is no guess."""
        if form.non_field_errors():
            self.attempt.note_wrong()
        return super().form_invalid(form)

    def _ask_to_wait(self, wait: timedelta) -> HttpResponse:
        """The page without a look at the password."""
        form = AuthenticationForm(initial={"username": self.request.POST.get("username", "")})
        minutes = ceil(wait / timedelta(minutes=1))
        context = self.get_context_data(form=form, minutes=minutes)
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
        return response


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()
choose_language = require_POST(set_language)
