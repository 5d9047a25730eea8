"""Recovery codes: ten of them, each good for one sign-in; only their digests are kept."""

import json
import secrets
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest

COUNT = 10
#: 80 bits: without letters and digits that look alike.
ALPHABET, GROUPS, GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 4, 4


def make() -> list[str]:
    """Ten new codes, as they are shown: `abcd-efgh-jkmn-pqrs`."""
    return [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(COUNT)
    ]


def packed(codes: Sequence[str]) -> str:
    """The digests of the codes, for an encrypted column."""
    return json.dumps([_digest(code) for code in codes])


def without(kept: str, code: str) -> str | None:
    """What is left of the digests when that code was used; None if it is none of them."""
    digest = _digest(code)
    digests = json.loads(kept or "[]")
    left = [one for one in digests if not compare_digest(one, digest)]
    return json.dumps(left) if len(left) < len(digests) else None


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.casefold() if letter in ALPHABET)
    return sha256(plain.encode()).hexdigest()
