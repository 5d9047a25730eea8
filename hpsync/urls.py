"""Every route of the product, package by package."""

from django.urls import include, path

from hpsync import health, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", views.choose_language, name="language"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("api.urls")),
    path("api-tokens/", include("api.page_urls")),
    path("manual/", include("manual.urls")),
    path("", include("jobs.urls")),
    path("", include("mapping.urls")),
    path("customers/", include("crm.urls")),
]
