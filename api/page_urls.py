"""Routes of the pages for tokens."""

from django.urls import path

from api import pages

urlpatterns = [
    path("", pages.token_list, name="api-tokens"),
    path("add/", pages.add_token, name="api-token-add"),
    path("<int:pk>/", pages.revoke_token, name="api-token"),
]
