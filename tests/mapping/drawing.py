"""What hypothesis draws: fields with any settings, rules, and odd values of every kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from common.types import ItemValue, Kind
from integrations.kintone.form import FormField
from mapping.converters import element_kind, fit, fit_in_table, is_empty
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.mapping.cells import CELLS, MAIL_ONLY, NOBODY, OPTIONS, SATO, field_of

#: Codes that the stand-in knows; whether kintone knows one is not ours to tell before sending.
KNOWN_CODES = {
    "USER_SELECT": ["sato", "suzuki", "sync"],
    "ORGANIZATION_SELECT": ["sales"],
    "GROUP_SELECT": ["everyone"],
}
#: Keys of the records that lookups find.
SOURCE_KEYS = {
    "SINGLE_LINE_TEXT": ["C-1", "001", "ｱ", "青葉\u3000商事"],
    "NUMBER": ["1", "0.5", "-1000"],
}
NAMES = [*CELLS, "SINGLE_LINE_TEXT lookup", "NUMBER lookup"]

ODD_OPTIONS = [
    *OPTIONS, "はい", "いいえ", "○", "it", "IT", " 前後の空白 ", "\"引用\" & <b>", "0", "ー", "A;B",
    "赤、青", "🍣", "か\u3099", "が", "x" * 128,
]  # fmt: skip

_WRITTEN = sorted(
    {
        value
        for row in CELLS.values()
        for cases in row.values()
        if not isinstance(cases, str)
        for value, _ in cases
        if isinstance(value, str)
    }
    | {*ODD_OPTIONS, *(key for keys in SOURCE_KEYS.values() for key in keys)}
    | {code for codes in KNOWN_CODES.values() for code in codes}
    | {"", " ", "\u3000", "\u200b", "a" * 64, "字" * 65, "𠮷" * 33, "1" * 13, "0.00005", "1.00005"}
    | {"999999999999.99995", "2024-01-05T09:30:15+09:00", "<p></p>", "<br>", "&nbsp;"}
)
_texts = st.sampled_from(_WRITTEN) | st.text(st.characters(exclude_categories=()), max_size=40)
_seen = _texts.filter(lambda text: not is_empty(text))
_markup = st.sampled_from(
    ["<p>太<b>字</b></p>", "平文", "<br>", "<ul><li>一</li></ul>", "<p></p>", "a\r\nb", "&amp;&lt;",
     '<a href="https://a.jp?b&c">一</a>', "1 < 2", "<p>一</p>\n<script>x</script>"]
) | _texts.filter(lambda text: "<" not in text and "&" not in text)  # fmt: skip
_numbers = (
    st.decimals(allow_nan=True, allow_infinity=True)
    | st.decimals(min_value=-(10**14), max_value=10**14, places=6)
    | st.integers(-(10**13), 10**13).map(Decimal)
)
_people = st.sampled_from([SATO, MAIL_ONLY, NOBODY])
_JAPAN = timezone(timedelta(hours=9))
_zones = st.sampled_from([UTC, _JAPAN, timezone(timedelta(hours=-5))])

VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: _texts,
    Kind.LONG_TEXT: _texts,
    Kind.RICH_TEXT: _markup,
    Kind.NUMBER: _numbers,
    Kind.DATE: st.dates(),
    Kind.TIME: st.times(),
    Kind.DATETIME: st.datetimes(timezones=_zones),
    Kind.CHOICE: _texts,
    Kind.CHOICES: st.lists(_texts, max_size=4).map(tuple),
    Kind.USER: _people,
    Kind.USERS: st.lists(_people, max_size=3).map(tuple),
    Kind.URL: _texts,
    Kind.EMAIL: _texts,
    Kind.PHONE: _texts,
    Kind.FLAG: st.booleans(),
    Kind.ROWS: st.lists(_texts, max_size=4).map(tuple),
}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A field of an app and what is to go into it."""

    settings: Mapping[str, Any]
    rule: RuleSpec
    kind: Kind
    value: ItemValue


@st.composite
def settings_of(draw: st.DrawFn, name: str, *, in_table: bool) -> dict[str, Any]:
    """A field's settings as form/fields.json tells them."""
    type_, _, more = name.partition(" ")
    found: dict[str, Any] = {"type": type_, "required": draw(st.booleans())}
    if more == "lookup":
        return {**found, "lookup": {"relatedKeyField": "key", "fieldMappings": []}}
    if type_ == "LINK":
        found["protocol"] = more
    if type_ in ("SINGLE_LINE_TEXT", "LINK"):
        lengths = sorted(draw(st.tuples(st.integers(0, 12), st.integers(1, 70))))
        found["minLength"] = draw(st.sampled_from(["", str(lengths[0])]))
        found["maxLength"] = draw(st.sampled_from(["", str(lengths[1])]))
    if type_ == "NUMBER":
        limits = sorted(draw(st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000))))
        found["minValue"] = draw(st.sampled_from(["", f"{limits[0]}.5"]))
        found["maxValue"] = draw(st.sampled_from(["", f"{limits[1]}.75"]))
    if type_ in ("SINGLE_LINE_TEXT", "LINK", "NUMBER", "DATE", "DATETIME") and not in_table:
        found["unique"] = draw(st.booleans())
    if type_ in ("RADIO_BUTTON", "DROP_DOWN", "CHECK_BOX", "MULTI_SELECT"):
        found["options"] = draw(st.lists(st.sampled_from(ODD_OPTIONS), max_size=8, unique=True))
    return found


@st.composite
def drawn(draw: st.DrawFn, name: str, *, code: str, table: str = "") -> Drawn:
    """A field, a rule that fits it, and a value."""
    given = draw(settings_of(name, in_table=bool(table)))
    kind = draw(st.sampled_from(_fitting(field_of(name.removesuffix(" lookup")), table=table)))
    empty = draw(st.sampled_from([WhenEmpty.CLEAR, *WhenEmpty]))
    rule = RuleSpec(
        field=code,
        table=table,
        source=code,
        empty=empty,
        empty_value=draw(values_for(given, Kind.TEXT)) if empty is WhenEmpty.FIXED else "",
        values=draw(st.just({}) | st.dictionaries(_seen, _texts, max_size=2)),
    )
    value = draw(values_for(given, kind) | st.none())
    return Drawn(settings=given, rule=rule, kind=kind, value=value)


def values_for(given: Mapping[str, Any], kind: Kind) -> st.SearchStrategy[Any]:
    """Values of the kind, often such as the field can hold."""
    wanted = [*given.get("options", ()), *KNOWN_CODES.get(given["type"], ())]
    wanted += SOURCE_KEYS[given["type"]] if "lookup" in given else []
    if not wanted or element_kind(kind) not in (Kind.TEXT, Kind.CHOICE, Kind.LONG_TEXT):
        return VALUES[kind]
    one = st.sampled_from(wanted)
    if kind is not element_kind(kind):
        return VALUES[kind] | st.lists(one, max_size=4).map(tuple)
    return VALUES[kind] | one


def _fitting(field: FormField, *, table: str) -> list[Kind]:
    fits = fit_in_table if table else fit
    return [kind for kind in Kind if fits(kind, field).possible]


def same_to_kintone(kind: Kind, value: ItemValue) -> ItemValue:
    """Another value that kintone cannot tell from this one: nothing is to be sent for it."""
    match kind, value:
        case Kind.TIME, time():
            return value.replace(second=59 - value.second, microsecond=7)
        # Before, Japan's hours were not whole minutes apart from UTC's.
        case Kind.DATETIME, datetime() if 1900 < value.year < 9999:
            return value.replace(second=59 - value.second).astimezone(_JAPAN)
        case Kind.NUMBER, Decimal() if value.is_finite() and abs(value.adjusted()) < 40:
            plain = f"{value:f}"
            return Decimal(plain + ("0" if "." in plain else ".0"))
        case ((Kind.CHOICES | Kind.ROWS | Kind.USERS), tuple()):
            return ("", *value, " ")
    return value
