"""Routes of drafts: their pages stand in the path of kintone連携設定."""

from django.urls import path

from history import drafts

app_name = "drafts"
urlpatterns = [
    path("<int:pk>/draft/", drafts.register, name="register"),
    path("<int:pk>/draft/discard/", drafts.discard, name="discard"),
]
