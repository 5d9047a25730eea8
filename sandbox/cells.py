"""One value of a record as HTML, escaped."""

from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import quote

from sandbox.form import Field

_IN_A_LINK = ":/?#[]@!$&'()*+,;=%-._~"


def show_cell(field: Field, value: Any) -> str:
    """The value as a person reads it; nothing where nothing is stored."""
    if value in (None, "", []):
        return ""
    return _BY_TYPE.get(field.type, _plain)(field, value)


def _plain(_field: Field, value: Any) -> str:
    return escape(str(value)).replace("\n", "<br>")


def _link(field: Field, value: str) -> str:
    """What was checked as a web address may be followed; nothing else."""
    if field.protocol != "WEB":
        return escape(value)
    return f'<a href="{escape(quote(value, safe=_IN_A_LINK))}" rel="noreferrer">{escape(value)}</a>'


def _names(_field: Field, value: Any) -> str:
    people = value if isinstance(value, list) else [value]
    return "、".join(escape(str(person["name"])) for person in people)


def _list(_field: Field, value: list[Any]) -> str:
    return "、".join(escape(str(each)) for each in value)


def _files(_field: Field, value: list[dict[str, Any]]) -> str:
    return "、".join(escape(str(each["name"])) for each in value)


def _table(field: Field, value: list[dict[str, Any]]) -> str:
    heads = "".join(f"<th>{escape(column.label)}</th>" for column in field.columns.values())
    rows = "".join(f"<tr>{_row(field, row)}</tr>" for row in value)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(table: Field, row: dict[str, Any]) -> str:
    return "".join(
        f"<td>{show_cell(column, row['value'][code]['value'])}</td>"
        for code, column in table.columns.items()
    )


_BY_TYPE: dict[str, Callable[[Field, Any], str]] = {
    "LINK": _link,
    "USER_SELECT": _names,
    "ORGANIZATION_SELECT": _names,
    "GROUP_SELECT": _names,
    "CREATOR": _names,
    "MODIFIER": _names,
    "CHECK_BOX": _list,
    "MULTI_SELECT": _list,
    "CATEGORY": _list,
    "FILE": _files,
    "SUBTABLE": _table,
}
