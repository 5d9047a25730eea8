"""One rule tied to its kintone field: reads the source, applies the value table, converts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Final

from common.problems import Problem, quote
from common.types import ItemValue, ItemValues, Kind
from integrations.kintone.form import FieldType, FormField
from integrations.kintone.values import JsonValue
from mapping.converters import (
    LIST_TYPES,
    Converter,
    ValueRefusedError,
    as_text,
    converter,
    element_kind,
    empty_value,
    is_empty,
    is_multiple,
    is_required,
    longest_as_is,
    said_as_flag,
    text_of_item,
)
from mapping.rulespec import RuleSpec, WhenEmpty
from mapping.users import AS_THEY_ARE, UserTies


class _Keep:
    """The field is left out of the record, so that kintone keeps what it holds."""


KEEP: Final = _Keep()


class TemplateError(ValueError):
    """The text is no template: a brace stands alone, or holds more than an item's key."""


def template_items(template: str) -> tuple[str, ...]:
    """The item keys in the template's braces, in their order.

    Raises:
        TemplateError: it cannot be read.
    """
    return tuple(name for _, name in _parts(template) if name is not None)


def origin_items(rule: RuleSpec) -> tuple[str, ...]:
    """The items that the rule reads."""
    if rule.source:
        return (rule.source,)
    return template_items(rule.template) if rule.template else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A rule that is ready to run; `path` is its field code, with its table's before a dot."""

    rule: RuleSpec
    target: FormField
    kind: Kind
    """Of the source; of templates and fixed values TEXT."""
    path: str
    read: Callable[[ItemValues], ItemValue]
    convert: Converter
    convert_text: Converter
    flag_values: Mapping[bool, str] = field(default_factory=dict)
    if_empty: JsonValue | _Keep = None
    longest_as_is: int = 0
    """Printable text up to this length is sent as it is."""

    @classmethod
    def of(
        cls,
        rule: RuleSpec,
        *,
        target: FormField,
        kinds: Mapping[str, Kind],
        ties: UserTies = AS_THEY_ARE,
    ) -> "Column":
        """The rule, tied to the field. `mapping.checks` has found nothing against the pair.

        Args:
            ties: Which kintone users the CRM's are.

        Raises:
            ValueRefusedError: a fixed value cannot stand in the field.
        """
        kind = kinds[rule.source] if rule.source else Kind.TEXT
        kind_there = element_kind(kind) if rule.table else kind
        as_plain_text = converter(Kind.TEXT, target)
        return cls(
            rule=rule,
            target=target,
            kind=kind,
            path=f"{rule.table}.{rule.field}" if rule.table else rule.field,
            read=_tied(_reader(rule, kinds=kinds), ties)
            if target.type is FieldType.USER_SELECT
            else _reader(rule, kinds=kinds),
            convert=converter(kind_there, target),
            convert_text=as_plain_text,
            flag_values={
                flag: sent
                for said, sent in rule.values.items()
                if (flag := said_as_flag(said)) is not None
            },
            if_empty=_if_empty(rule, target=target, convert=as_plain_text),
            longest_as_is=0 if rule.values or kind is Kind.RICH_TEXT else longest_as_is(target),
        )

    def value(self, raw: ItemValue) -> JsonValue | _Keep:
        """What is sent for `raw` (from `read`), or KEEP.

        Raises:
            ValueRefusedError: the field cannot hold it.
        """
        if (
            isinstance(raw, str)
            and 0 < len(raw) <= self.longest_as_is
            and raw.isprintable()
            and not raw.isspace()
        ):
            return raw
        convert = self.convert
        if self.rule.values:
            raw, was_mapped = self._by_value_table(raw)
            convert = self.convert_text if was_mapped else convert
        if is_empty(raw):
            return self.empty()
        sent = convert(raw)
        if sent == "":
            return self.empty()
        if sent in (None, []) and is_required(self.target):
            raise ValueRefusedError("required_empty")
        return sent

    def cell(self, raw: ItemValue) -> JsonValue:
        """What is sent for one cell of a table: it cannot be kept, so it is cleared instead."""
        sent = self.value(raw)
        if not isinstance(sent, _Keep):
            return sent
        self._check_may_be_empty()
        return empty_value(self.target)

    def empty(self) -> JsonValue | _Keep:
        """What is sent when there is no value.

        Raises:
            ValueRefusedError: kintone would refuse the empty field.
        """
        if self.rule.empty is WhenEmpty.CLEAR:
            self._check_may_be_empty()
        return self.if_empty

    def _check_may_be_empty(self) -> None:
        if is_required(self.target):
            raise ValueRefusedError("required_empty")
        if self.target.min_length:
            raise ValueRefusedError("too_short", min=self.target.min_length, length=0)

    def elements(self, raw: ItemValue) -> tuple[ItemValue, ...] | None:
        """The rows that a multi-valued source fills; None of a single value."""
        if self.rule.source and is_multiple(self.kind):
            return raw if isinstance(raw, tuple) else ()
        return None

    def problem(self, refusal: ValueRefusedError, raw: ItemValue) -> Problem:
        """The refusal as a problem of this field, naming the source value."""
        return Problem(
            code=refusal.code,
            field=self.path,
            item=self.rule.source,
            value=quote(self.text(raw)),
            params={**described(self.target), **refusal.params},
        )

    def text(self, raw: ItemValue) -> str:
        """The source value as a person would read it."""
        try:
            return text_of_item(self.kind, raw)
        except ValueRefusedError:
            return str(raw)

    def _by_value_table(self, raw: ItemValue) -> tuple[ItemValue, bool]:
        """The value that the value table gives for `raw`, and whether it gave one."""
        table = self.rule.values
        if isinstance(raw, tuple):
            return tuple(table.get(as_text(each), each) for each in raw), False  # type: ignore[return-value]
        if isinstance(raw, bool):
            found = self.flag_values.get(raw)
        else:
            text = self.text(raw)
            found = table.get(text, table.get(text.strip()))
        return (raw, False) if found is None else (found, True)


def described(target: FormField) -> dict[str, str]:
    """What a problem's text says about a field: label, type, minimum length."""
    said = {"label": target.label or target.code, "type": target.type.value}
    if target.min_length and not target.required:
        said["min"] = str(target.min_length)
    return said


def fixed_value(text: str, *, target: FormField, convert: Converter) -> JsonValue:
    """A fixed value as it is sent; for fields of several values, one value a line.

    Raises:
        ValueRefusedError: the field cannot hold it.
    """
    value = tuple(text.splitlines()) if target.type in LIST_TYPES else text
    sent = None if is_empty(value) else convert(value)
    if sent in (None, "", []):
        raise ValueRefusedError("fixed_empty")
    return sent


def _if_empty(rule: RuleSpec, *, target: FormField, convert: Converter) -> JsonValue | _Keep:
    if rule.empty is WhenEmpty.KEEP:
        return KEEP
    if rule.empty is WhenEmpty.FIXED and not is_empty(rule.empty_value):
        return fixed_value(rule.empty_value, target=target, convert=convert)
    return empty_value(target)


def _reader(rule: RuleSpec, *, kinds: Mapping[str, Kind]) -> Callable[[ItemValues], ItemValue]:
    if rule.source:
        source = rule.source
        return lambda values: values.get(source)
    if rule.template:
        parts = tuple(_parts(rule.template))
        return lambda values: _filled_in(parts, values=values, kinds=kinds)
    text = rule.fixed
    return lambda _values: text


def _tied(
    read: Callable[[ItemValues], ItemValue], ties: UserTies
) -> Callable[[ItemValues], ItemValue]:
    return lambda values: ties.tied(read(values))


def _filled_in(
    parts: tuple[tuple[str, str | None], ...], *, values: ItemValues, kinds: Mapping[str, Kind]
) -> str:
    """The template with its items' values; "" if none of them has any."""
    texts = {
        name: text_of_item(kinds[name], values.get(name)) for _, name in parts if name is not None
    }
    if texts and all(is_empty(text) for text in texts.values()):
        return ""
    return "".join(literal + (texts[name] if name else "") for literal, name in parts).strip()


def _parts(template: str) -> Iterator[tuple[str, str | None]]:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise TemplateError(template) from error
    for literal, name, detail, conversion in parsed:
        if name == "" or detail or conversion:
            raise TemplateError(template)
        yield literal, name
