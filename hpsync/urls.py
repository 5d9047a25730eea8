"""Every route of the product, package by package."""

from django.urls import include, path

from hpsync import health, metrics
from hpsync.language import choose_language
from signin.pages import sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", sign_in.enter_code, name="sign-in-code"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("language/", choose_language, name="language"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/", include("api.urls")),
    path("api-tokens/", include("api.page_urls")),
    path("", include("signin.urls")),
    path("manual/", include("manual.urls")),
    path("", include("jobs.urls")),
    path("", include("mapping.urls")),
    path("settings/", include("history.draft_urls")),
    path("history/", include("history.urls")),
    path("customers/", include("crm.urls")),
]
