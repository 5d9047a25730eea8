"""Routes of `signin` for who is in; those for signing in stand in `hpsync.urls`."""

from django.urls import path

from signin.pages import administering, factor, mine

app_name = "signin"
urlpatterns = [
    path("account/", mine.show, name="mine"),
    path("account/password/", mine.change_password, name="password"),
    path("account/sessions/end/", mine.end_other_sessions, name="sessions-end"),
    path("account/second-factor/", factor.set_up, name="factor"),
    path("account/second-factor/begin/", factor.begin, name="factor-begin"),
    path("account/second-factor/remove/", factor.remove, name="factor-remove"),
    path("account/recovery-codes/", factor.renew_recovery, name="recovery"),
    path("sign-ins/", administering.show_history, name="history"),
    path("sign-ins/settings/", administering.change_settings, name="settings"),
    path("accounts/<int:pk>/second-factor/reset/", administering.reset_factor, name="factor-reset"),
    path("accounts/<int:pk>/unlock/", administering.unlock, name="unlock"),
]
