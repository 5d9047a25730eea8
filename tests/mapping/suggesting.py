"""Proposals for small forms, for tests of the suggestions."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.types import ItemValues, Kind, RecordType
from crm import catalogue
from mapping.rulespec import RuleSpec
from mapping.suggestions import Source, Suggestions, suggest
from tests.builders_mapping import make_form

TEXT = {"type": "SINGLE_LINE_TEXT"}
MEMO = {"type": "MULTI_LINE_TEXT"}
KEY = {"type": "SINGLE_LINE_TEXT", "unique": True}
USER = {"type": "USER_SELECT"}
CALL = {"type": "LINK", "protocol": "CALL"}
MAIL = {"type": "LINK", "protocol": "MAIL"}
WEB = {"type": "LINK", "protocol": "WEB"}
DATE = {"type": "DATE"}
NUMBER = {"type": "NUMBER"}


def choice(*options: str, type: str = "DROP_DOWN") -> dict[str, Any]:  # noqa: A002 — kintone's word
    """A field of these options."""
    return {"type": type, "options": list(options)}


def proposed(
    record_type: str,
    fields: Mapping[str, Mapping[str, Any]],
    *,
    custom: Sequence[tuple[str, str, Kind]] = (),
    rules: Sequence[RuleSpec] = (),
    update_key: str = "",
    values: Sequence[ItemValues] = (),
) -> Suggestions:
    """What is proposed for a form of these fields.

    Args:
        custom: Custom items: key, label, kind.
    """
    items = [
        Source(key=item.key, label=item.label_ja, kind=item.kind)
        for item in catalogue.standard_items_of(RecordType(record_type))
    ]
    items += [Source(key=f"custom.{key}", label=label, kind=kind) for key, label, kind in custom]
    return suggest(
        record_type=RecordType(record_type),
        items=items,
        form=make_form(fields),
        rules=rules,
        update_key=update_key,
        values=values,
    )


def chosen(made: Suggestions) -> dict[str, str]:
    """Field → item or template, of all that is proposed."""
    return {each.path: each.rule.source or each.rule.template for each in made.rules}


def ticked(made: Suggestions) -> dict[str, str]:
    """Field → item, of what one click takes."""
    return {
        each.path: each.rule.source or each.rule.template for each in made.rules if each.is_sure
    }


def doubts(made: Suggestions, field: str) -> tuple[str, ...]:
    """What stands against the proposal for a field."""
    return next(each.doubts for each in made.rules if each.path == field)


def for_label(record_type: str, label: str, field: Mapping[str, Any] = TEXT) -> str:
    """The item that one click would take for a field of this label, "" if none."""
    made = proposed(record_type, {"f_x9": {"label": label, **field}})
    return ticked(made).get("f_x9", "")
