"""Routes of `mapping`."""

from django.urls import path

from mapping import views

app_name = "mapping"
urlpatterns = [path("settings/mappings/<int:pk>/", views.edit, name="edit")]
