"""Log lines for programs: one JSON object each."""

import json
import logging
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """`at`, `level`, `logger`, `message`, what the line is about, and `exception` if any.

    It takes the traceback as text, as `hpsync.masking.SecretFilter` leaves it: masked.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        told = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_text:
            told["exception"] = record.exc_text
        return json.dumps(told, ensure_ascii=False, default=str)
