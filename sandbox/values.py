"""One sent value → the value as kintone stores it, or an issue at kintone's own key."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox import scalars
from sandbox.errors import ApiError, Issues
from sandbox.form import LIST_CHOICE_TYPES, LIST_TYPES, PEOPLE_TYPES, TEXT_TYPES, Field
from sandbox.model import Domain
from sandbox.rich_text import sanitised

#: Where "required" of a field that holds a list is reported (kintone-api.md §4.2).
LIST_SUFFIX = {
    **dict.fromkeys((*LIST_CHOICE_TYPES, "FILE"), "values"),
    **dict.fromkeys(PEOPLE_TYPES, "values.value"),
}
#: Which code kintone gives for an unknown group is not known; that of organisations stands here.
_UNKNOWN_PERSON = {
    "USER_SELECT": "GAIA_IL26",
    "ORGANIZATION_SELECT": "GAIA_IL28",
    "GROUP_SELECT": "GAIA_IL28",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record (or a table row) stands in the request, as the keys of `errors` say it."""

    prefix: str
    """`record`, `records[3]`, `records[3].TABLE.value[0].value`."""
    in_table: bool = False

    def key(self, field: Field) -> str:
        """The key of a field's value here."""
        return f"{self.prefix}.{field.code}.{LIST_SUFFIX.get(field.type, 'value')}"

    def beside(self, name: str) -> str:
        """The key of what stands beside the record in its item: `updateKey`, `id`, `revision`."""
        return name if self.prefix == "record" else f"{self.prefix}.{name}"

    def row(self, table: Field, index: int) -> "Place":
        """The place of a row of `table`."""
        return Place(f"{self.prefix}.{table.code}.value[{index}].value", in_table=True)


@dataclass(frozen=True, slots=True)
class Checking:
    """What converting a value needs to know beside the value."""

    domain: Domain
    files: dict[str, dict[str, Any]]
    issues: Issues


def unwrap(sent: Any) -> Any:
    """The inside of `{"value": …}`.

    Raises:
        ApiError: CB_IJ01, it is no object.
    """
    if not isinstance(sent, dict):
        raise ApiError("CB_IJ01")
    return sent.get("value")


def convert(field: Field, raw: Any, *, place: Place, checking: Checking) -> Any:
    """The value to be stored.

    What is wrong with it is noted in `checking.issues`; then the value that comes back is only good
    for the checks that follow.

    Raises:
        ApiError: CB_IJ01, the JSON type is wrong.
    """
    if field.type in LIST_TYPES:
        return _convert_list(field, raw, place=place, checking=checking)
    text = _text(raw)
    if text == "":
        return field.empty
    if field.type in TEXT_TYPES:
        _check_length(field, text, place=place, issues=checking.issues)
    return _SINGLE[field.type](field, text, place, checking.issues)


def _text(raw: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool | list | dict):
        raise ApiError("CB_IJ01")
    return format(Decimal(str(raw)), "f")


def check_empty_length(field: Field, *, place: Place, issues: Issues) -> None:
    """A minimum length holds for an empty text as well."""
    if field.min_length:
        issues.add(place.key(field), "too_short", limit=field.min_length - 1)


def _check_length(field: Field, text: str, *, place: Place, issues: Issues) -> None:
    """kintone names the first length that is not allowed: one more, one less."""
    length = len(text)
    if field.max_length is not None and length > field.max_length:
        issues.add(place.key(field), "too_long", limit=field.max_length + 1)
    elif field.unique and length > 64:
        issues.add(place.key(field), "too_long", limit=65)
    elif field.min_length is not None and length < field.min_length:
        issues.add(place.key(field), "too_short", limit=field.min_length - 1)


def _as_is(_field: Field, text: str, _place: Place, _issues: Issues) -> Any:
    return text


def _rich(_field: Field, text: str, _place: Place, _issues: Issues) -> Any:
    return sanitised(text)


def _number(field: Field, text: str, place: Place, issues: Issues) -> Any:
    try:
        plain = scalars.number(text, field.precision)
    except scalars.NotReadable:
        # Inside a table kintone stores nothing and says nothing (kintone-api.md §5.3).
        if not place.in_table:
            issues.add(f"{place.prefix}[{field.code}].value", "not_a_number")
        return ""
    except scalars.TooManyDigits:
        issues.add(place.key(field), "too_many_digits", digits=field.precision.digits)
        return text
    value = Decimal(plain)
    if field.max_value is not None and value > field.max_value:
        issues.add(place.key(field), "too_large", limit=field.max_value)
    elif field.min_value is not None and value < field.min_value:
        issues.add(place.key(field), "too_small", limit=field.min_value)
    return plain


def _option(field: Field, text: str, place: Place, issues: Issues) -> Any:
    if text not in field.options:
        issues.add(place.key(field), "no_option", value=text)
    return text


def _readable(
    read: Callable[[str], str], complaint: str
) -> Callable[[Field, str, Place, Issues], Any]:
    def converter(field: Field, text: str, place: Place, issues: Issues) -> Any:
        try:
            return read(text)
        except scalars.NotReadable:
            issues.add(place.key(field), complaint)
            return text

    return converter


def _link(field: Field, text: str, place: Place, issues: Issues) -> Any:
    try:
        return scalars.link(text, protocol=field.protocol)
    except scalars.NotReadable:
        complaint = "not_a_url" if field.protocol == "WEB" else "not_an_address"
        issues.add(place.key(field), complaint)
        return text


_SINGLE: dict[str, Callable[[Field, str, Place, Issues], Any]] = {
    "SINGLE_LINE_TEXT": _as_is,
    "MULTI_LINE_TEXT": _as_is,
    "RICH_TEXT": _rich,
    "NUMBER": _number,
    "RADIO_BUTTON": _option,
    "DROP_DOWN": _option,
    "DATE": _readable(scalars.day, "not_a_date"),
    "TIME": _readable(scalars.time_of_day, "not_a_time"),
    "DATETIME": _readable(scalars.moment, "not_a_datetime"),
    "LINK": _link,
}


def _convert_list(field: Field, raw: Any, *, place: Place, checking: Checking) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise ApiError("CB_IJ01")
    if field.type in LIST_CHOICE_TYPES:
        return _options(field, raw, place=place, issues=checking.issues)
    if field.type == "FILE":
        return _files(raw, checking=checking)
    return _people(field, raw, checking=checking)


def _options(field: Field, raw: list[Any], *, place: Place, issues: Issues) -> list[str]:
    chosen: list[str] = []
    for index, element in enumerate(raw):
        if not isinstance(element, str):
            raise ApiError("CB_IJ01")
        if element not in field.options:
            issues.add(f"{place.key(field)}[{index}].value", "no_option", value=element)
        elif element not in chosen:
            chosen.append(element)
    return chosen


def _people(field: Field, raw: list[Any], *, checking: Checking) -> list[str]:
    known = _known_people(field, checking.domain)
    chosen: list[str] = []
    for element in raw:
        if not isinstance(element, dict):
            raise ApiError("CB_IJ01")
        code = element.get("code")
        if not isinstance(code, str):
            raise ApiError("CB_IJ01")
        if code not in known:
            checking.issues.defer(ApiError(_UNKNOWN_PERSON[field.type], person=code))
        if code not in chosen:
            chosen.append(code)
    return chosen


def _known_people(field: Field, domain: Domain) -> Container[str]:
    if field.type == "USER_SELECT":
        return domain.users
    return domain.organizations if field.type == "ORGANIZATION_SELECT" else domain.groups


def _files(raw: list[Any], *, checking: Checking) -> list[dict[str, Any]]:
    attached = []
    for element in raw:
        if not isinstance(element, dict):
            raise ApiError("CB_IJ01")
        key = element.get("fileKey")
        if not isinstance(key, str):
            raise ApiError("CB_IJ01")
        if key not in checking.files:
            checking.issues.defer(ApiError("GAIA_BL01", key=key))
        attached.append({"fileKey": key, **checking.files.get(key, {})})
    return attached
