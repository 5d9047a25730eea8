"""Why something could not be done, as a value: a code with parameters, put into words elsewhere.

Problems are stored and travel between packages; the words (Japanese, English) are made where they
are shown, by `mapping.problem_texts`, so that a reader sees them in the reader's language.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

Params: TypeAlias = Mapping[str, str | int]

#: Longest value that a problem quotes; a longer one is cut, with "…".
QUOTED_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason that one record was not sent, or was refused.

    `code` is one of `mapping.problem_texts`' keys, or `kintone` for a refusal in kintone's own
    words, which then stand in `params["message"]` with `params["code"]` and `params["error_id"]`.
    """

    code: str
    field: str = ""
    """kintone field code concerned; of a table's column `TABLE.COLUMN`; "" if none."""
    item: str = ""
    """Item key of the source value concerned; "" if none."""
    value: str = ""
    """The source value as a person would read it, at most `QUOTED_LENGTH` characters."""
    params: Params = dataclasses.field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """What is stored; `from_json` reads it back."""
        return {
            "code": self.code,
            "field": self.field,
            "item": self.item,
            "value": self.value,
            "params": dict(self.params),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """The problem that `as_json` stored."""
        params = stored.get("params")
        return cls(
            code=str(stored.get("code", "")),
            field=str(stored.get("field", "")),
            item=str(stored.get("item", "")),
            value=str(stored.get("value", "")),
            params=params if isinstance(params, dict) else {},
        )


def quote(value: object) -> str:
    """`value` as text, cut to `QUOTED_LENGTH` characters.

    NUL and halves of characters, which PostgreSQL does not store, show as "�" and "?".
    """
    text = str(value).replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return text if len(text) <= QUOTED_LENGTH else text[: QUOTED_LENGTH - 1] + "…"
