"""Django's sessions in the database, each with what its owner wants to know of it in columns."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from crm.models import Account

STARTED, SEEN, ADDRESS, BROWSER = "started_at", "seen_at", "address", "browser"


class OpenSession(AbstractBaseSession):
    """One browser's session. What a person would want to know of it stands in columns."""

    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="open_sessions")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=64, blank=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """What reads such a row."""
        return SessionStore


class SessionStore(DatabaseStore):
    """What is in the session is the truth; the columns follow with every save."""

    @classmethod
    def get_model_class(cls) -> type[OpenSession]:
        """The rows of the sessions."""
        return OpenSession

    def create_model_instance(self, data: dict[str, Any]) -> OpenSession:
        """The row for what is in the session."""
        row = super().create_model_instance(data)
        assert isinstance(row, OpenSession)
        row.account_id = data.get(SESSION_KEY)
        row.started_at, row.seen_at = moment(data.get(STARTED)), moment(data.get(SEEN))
        row.address, row.browser = data.get(ADDRESS, ""), data.get(BROWSER, "")
        return row


def moment(text: str | None) -> datetime | None:
    """The moment that a session holds as text."""
    return datetime.fromisoformat(text) if text else None
