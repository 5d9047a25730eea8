"""Every route of the product, package by package."""

from django.urls import include, path

urlpatterns = [
    path("", include("jobs.urls")),
    path("", include("mapping.urls")),
    path("customers/", include("crm.urls")),
]
