"""What the operations that read their body themselves say of it in the document."""

from typing import Any, Final

from api.incoming import KEY, MOST_RECORDS

_VALUE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        {"type": "array", "items": {"type": "string"}},
    ]
}
_RECORDS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["records"],
    "properties": {
        "records": {
            "type": "array",
            "maxItems": MOST_RECORDS,
            "items": {
                "type": "object",
                "required": [KEY],
                "properties": {KEY: {"type": "string"}},
                "additionalProperties": _VALUE,
            },
        }
    },
    "example": {
        "records": [
            {
                KEY: "C-0001",
                "name": "株式会社青葉商事",
                "main_tel": "03-1234-5678",
                "tags": ["重要", "関東"],
                "note": None,
            }
        ]
    },
}
_KEY: Final[dict[str, Any]] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}

#: Of operations that take an `Idempotency-Key`.
IDEMPOTENT: Final[dict[str, Any]] = {"parameters": [_KEY]}
#: Of the operation that takes records.
WRITTEN_RECORDS: Final[dict[str, Any]] = {
    **IDEMPOTENT,
    "requestBody": {"required": True, "content": {"application/json": {"schema": _RECORDS}}},
}
#: Of the operation that takes a file.
IMPORTED_FILE: Final[dict[str, Any]] = {
    **IDEMPOTENT,
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    },
}
