"""Routes of `mapping`."""

from django.urls import path

from mapping import views

app_name = "mapping"
urlpatterns = [
    path("settings/mappings/<int:pk>/", views.edit, name="edit"),
    path("settings/mappings/<int:pk>/drift/", views.accept_drift, name="accept-drift"),
]
