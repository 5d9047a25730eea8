"""Secrets that were typed into a form that came back: kept in it, for the server's eyes only.

What was typed is never asked twice, and never shown: it travels as ciphertext, for one hour.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from cryptography.fernet import InvalidToken

from common.encrypted import cipher

LONGEST_TYPING = timedelta(hours=1)


def seal(secrets: Mapping[str, str]) -> str:
    """The secrets that are given, as ciphertext; "" for none."""
    given = {name: value for name, value in secrets.items() if value}
    return cipher().encrypt(json.dumps(given).encode()).decode() if given else ""


def unseal(sealed: str) -> dict[str, str]:
    """What `seal` sealed within the last hour; nothing for anything else."""
    try:
        opened = cipher().decrypt(sealed.encode(), ttl=int(LONGEST_TYPING.total_seconds()))
    except InvalidToken:
        return {}
    return {str(name): str(value) for name, value in json.loads(opened).items()}
