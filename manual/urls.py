"""Routes of the manual."""

from django.urls import path

from manual import views

app_name = "manual"
urlpatterns = [
    path("", views.contents, name="contents"),
    path("<slug:slug>/", views.page, name="page"),
]
