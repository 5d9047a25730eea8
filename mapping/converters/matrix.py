"""Which kind of item goes into which type of field, and how: the one table of conversions.

Every cell is there: what is impossible says why. The words of every note stand in `mapping.labels`;
`docs/field-types.md` is made from this module by `scripts/field_types.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from common.types import ItemValue, Kind
from integrations.kintone.form import FieldType, FormField
from integrations.kintone.values import JsonValue
from mapping.converters import choices, codes, dates, numbers, texts
from mapping.converters.markup import without_markup
from mapping.converters.values import only_element

Convert: TypeAlias = Callable[[ItemValue, FormField], JsonValue]


class Verdict(StrEnum):
    """What becomes of an item's values in a field."""

    FITS = "fits"
    CONVERTS = "converts"
    MAY_LOSE = "may_lose"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the table: the verdict, the code of its explanation, the conversion."""

    verdict: Verdict
    note: str
    convert: Convert | None = None
    """None where it is impossible."""


def _ignore_field(function: Callable[[ItemValue], JsonValue]) -> Convert:
    return lambda value, _field: function(value)


def _without_markup(convert: Convert) -> Convert:
    return lambda value, field: convert(without_markup(str(value)), field)


def _of_one(convert: Convert) -> Convert:
    """For values of which the field holds one only."""
    return lambda value, field: convert(only_element(value), field)


Row: TypeAlias = Mapping[Kind, Cell]


def _row(
    convert: Convert,
    *,
    fits: Mapping[str, str],
    converts: Mapping[str, str] | None = None,
    may_lose: Mapping[str, str] | None = None,
    otherwise: str = "",
    unless: Mapping[str, str] | None = None,
) -> Row:
    """The cells of one field type.

    Args:
        fits: Note → kinds; `converts` and `may_lose` likewise. A conversion under the note
            "only_one" is of the one element that there may be.
        otherwise: Why every other kind is impossible; `unless`: other reasons, by kinds.
    """
    cells = {kind: Cell(verdict=Verdict.IMPOSSIBLE, note=otherwise) for kind in Kind}
    for verdict, groups in (
        (Verdict.IMPOSSIBLE, unless),
        (Verdict.FITS, fits),
        (Verdict.CONVERTS, converts),
        (Verdict.MAY_LOSE, may_lose),
    ):
        for note, kinds in (groups or {}).items():
            for kind in map(Kind, kinds.split()):
                how = None if verdict is Verdict.IMPOSSIBLE else _how(convert, note, kind)
                cells[kind] = Cell(verdict=verdict, note=note, convert=how)
    return cells


def _how(convert: Convert, note: str, kind: Kind) -> Convert:
    if note == "only_one":
        return _of_one(convert)
    return _without_markup(convert) if kind is Kind.RICH_TEXT else convert


_OPTION_OF_ONE: Final = _row(
    choices.one_option,
    fits={"must_be_option": "choice"},
    converts={
        "must_be_option": "text long_text number url email phone user",
        "flag_option": "flag",
        "only_one": "choices users rows",
    },
    otherwise="no_choice",
)
_OPTIONS: Final = _row(
    choices.many_options,
    fits={"must_be_option": "choices"},
    converts={
        "must_be_option": "choice number url email phone user users rows",
        "options_apart": "text long_text",
        "flag_option": "flag",
    },
    otherwise="no_choice",
)

#: Field type → kind → cell, every kind. LINK is by protocol below.
MATRIX: Final[Mapping[FieldType, Row]] = {
    FieldType.SINGLE_LINE_TEXT: _row(
        texts.single_line,
        fits={"": "text choice url email phone"},
        converts={
            "as_text": "number date time datetime",
            "flag_words": "flag",
            "user_name": "user",
            "joined": "choices users rows",
        },
        may_lose={"line_breaks": "long_text", "markup": "rich_text"},
    ),
    FieldType.MULTI_LINE_TEXT: _row(
        texts.multi_line,
        fits={"": "text long_text choice url email phone"},
        converts={
            "as_text": "number date time datetime",
            "flag_words": "flag",
            "user_name": "user",
            "one_a_line": "choices users rows",
        },
        may_lose={"markup": "rich_text"},
    ),
    FieldType.RICH_TEXT: {
        **_row(
            texts.rich_text,
            fits={},
            converts={
                "escaped": "text long_text choice url email phone",
                "as_text": "number date time datetime",
                "flag_words": "flag",
                "user_name": "user",
                "one_a_line": "choices users rows",
            },
        ),
        Kind.RICH_TEXT: Cell(verdict=Verdict.FITS, note="", convert=texts.rich_text_as_is),
    },
    FieldType.NUMBER: _row(
        numbers.number,
        fits={"app_digits": "number"},
        converts={
            "number_text": "text long_text choice",
            "flag_number": "flag",
            "only_one": "choices rows",
        },
        otherwise="no_number",
        unless={"phone_digits": "phone"},
    ),
    FieldType.DATE: _row(
        _ignore_field(dates.kintone_date),
        fits={"": "date"},
        converts={"date_text": "text long_text choice", "only_one": "choices rows"},
        may_lose={"time_of_day": "datetime"},
        otherwise="no_day",
    ),
    FieldType.TIME: _row(
        _ignore_field(dates.kintone_time),
        fits={"to_minute": "time"},
        converts={"time_text": "text long_text choice", "only_one": "choices rows"},
        may_lose={"day": "datetime"},
        otherwise="no_time",
    ),
    FieldType.DATETIME: _row(
        _ignore_field(dates.kintone_datetime),
        fits={"to_minute": "datetime"},
        converts={
            "midnight": "date",
            "datetime_text": "text long_text choice",
            "only_one": "choices rows",
        },
        otherwise="no_day",
    ),
    FieldType.RADIO_BUTTON: _OPTION_OF_ONE,
    FieldType.DROP_DOWN: _OPTION_OF_ONE,
    FieldType.CHECK_BOX: _OPTIONS,
    FieldType.MULTI_SELECT: _OPTIONS,
    FieldType.USER_SELECT: _row(
        codes.users,
        fits={"by_login": "user users"},
        converts={"login_text": "text long_text choice choices email rows"},
        otherwise="no_person",
    ),
    FieldType.ORGANIZATION_SELECT: _row(
        codes.codes,
        fits={},
        converts={"organization_text": "text long_text choice choices rows"},
        otherwise="no_organization",
    ),
    FieldType.GROUP_SELECT: _row(
        codes.codes,
        fits={},
        converts={"group_text": "text long_text choice choices rows"},
        otherwise="no_group",
    ),
}

#: LINK by its protocol; one without a known protocol takes what a web link takes.
LINKS: Final[Mapping[str, Row]] = {
    "WEB": _row(
        texts.web_link,
        fits={"url_text": "url"},
        converts={"url_text": "text long_text choice", "only_one": "choices rows"},
        otherwise="no_url",
    ),
    "MAIL": _row(
        texts.mail_link,
        fits={"email_text": "email"},
        converts={
            "email_text": "text long_text choice",
            "user_email": "user",
            "only_one": "choices rows users",
        },
        otherwise="no_email",
    ),
    "CALL": _row(
        texts.call_link,
        fits={"phone_text": "phone"},
        converts={"phone_text": "text long_text choice", "only_one": "choices rows"},
        otherwise="no_phone",
    ),
}


def row(field: FormField) -> Row | None:
    """The cells of this field's type; None of a type that takes nothing from us."""
    if field.type is FieldType.LINK:
        return LINKS.get(field.protocol, LINKS["WEB"])
    return MATRIX.get(field.type)
