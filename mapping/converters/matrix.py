"""Which kind of item goes into which type of field, and how: the one table of conversions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from common.types import ItemValue, Kind
from integrations.kintone.form import FieldType, FormField
from integrations.kintone.values import JsonValue
from mapping.converters import choices, dates, numbers, texts

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
    convert: Convert


def _ignore_field(function: Callable[[ItemValue], JsonValue]) -> Convert:
    return lambda value, _field: function(value)


def _without_markup(convert: Convert) -> Convert:
    return lambda value, field: convert(texts.without_markup(str(value)), field)


_date = _ignore_field(dates.kintone_date)
_time = _ignore_field(dates.kintone_time)
_datetime = _ignore_field(dates.kintone_datetime)

_Row: TypeAlias = Mapping[Kind, Cell]


def _row(
    convert: Convert,
    *,
    fits: str = "",
    converts: Mapping[str, str] | None = None,
    may_lose: Mapping[str, str] | None = None,
    note: str = "",
) -> _Row:
    """Cells of one field type; `fits` names kinds, `converts` and `may_lose` kinds by note."""
    cells = {
        Kind(kind): Cell(verdict=Verdict.FITS, note=note, convert=convert) for kind in fits.split()
    }
    for verdict, groups in ((Verdict.CONVERTS, converts), (Verdict.MAY_LOSE, may_lose)):
        for group_note, kinds in (groups or {}).items():
            for kind in map(Kind, kinds.split()):
                how = _without_markup(convert) if kind is Kind.RICH_TEXT else convert
                cells[kind] = Cell(verdict=verdict, note=group_note, convert=how)
    return cells


_OPTION_OF_ONE: Final = _row(
    choices.one_option,
    fits="choice",
    note="must_be_option",
    converts={
        "must_be_option": "text long_text number url email phone user",
        "flag_option": "flag",
        "only_one": "choices users rows",
    },
)
_OPTIONS: Final = _row(
    choices.many_options,
    fits="choices",
    note="must_be_option",
    converts={
        "must_be_option": "text long_text choice number url email phone user users rows",
        "flag_option": "flag",
    },
)

#: Field type → kind → cell; a kind that is not listed cannot go there. LINK is by protocol below.
MATRIX: Final[Mapping[FieldType, _Row]] = {
    FieldType.SINGLE_LINE_TEXT: _row(
        texts.single_line,
        fits="text choice url email phone",
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
        fits="text long_text choice url email phone",
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
            converts={
                "escaped": "text long_text choice url email phone",
                "as_text": "number date time datetime",
                "flag_words": "flag",
                "user_name": "user",
                "one_a_line": "choices users rows",
            },
        ),
        **_row(texts.rich_text_as_is, fits="rich_text"),
    },
    FieldType.NUMBER: _row(
        numbers.number,
        fits="number",
        converts={"number_text": "text long_text choice", "flag_number": "flag"},
    ),
    FieldType.DATE: _row(
        _date,
        fits="date",
        converts={"date_text": "text choice"},
        may_lose={"time_of_day": "datetime"},
    ),
    FieldType.TIME: _row(
        _time,
        fits="time",
        converts={"time_text": "text choice"},
        may_lose={"day": "datetime"},
    ),
    FieldType.DATETIME: _row(
        _datetime,
        fits="datetime",
        converts={"midnight": "date", "datetime_text": "text choice"},
    ),
    FieldType.RADIO_BUTTON: _OPTION_OF_ONE,
    FieldType.DROP_DOWN: _OPTION_OF_ONE,
    FieldType.CHECK_BOX: _OPTIONS,
    FieldType.MULTI_SELECT: _OPTIONS,
    FieldType.USER_SELECT: _row(
        choices.users,
        fits="user users",
        note="by_login",
        converts={"login_text": "text choice choices email"},
    ),
}

#: LINK by its protocol; one without a known protocol takes what a web link takes.
LINKS: Final[Mapping[str, _Row]] = {
    "WEB": _row(texts.web_link, fits="url", converts={"url_text": "text"}),
    "MAIL": _row(
        texts.mail_link, fits="email", converts={"email_text": "text", "user_email": "user"}
    ),
    "CALL": _row(texts.call_link, fits="phone", converts={"phone_text": "text"}),
}


def cell(kind: Kind, field: FormField) -> Cell | None:
    """The cell of this kind and this field's type; None where no conversion leads there."""
    if field.type is FieldType.LINK:
        return LINKS.get(field.protocol, LINKS["WEB"]).get(kind)
    return MATRIX.get(field.type, {}).get(kind)
