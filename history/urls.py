"""Routes of 操作履歴."""

from django.urls import path

from history import pages

app_name = "history"
urlpatterns = [
    path("", pages.entry_list, name="entries"),
    path("entries.csv", pages.entries_csv, name="csv"),
    path("<int:pk>/", pages.entry_page, name="entry"),
    path("<int:pk>/put-back/", pages.put_back, name="put-back"),
]
