"""A mapping made ready to run: each rule tied to its kintone field and its converter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from common.problems import Problem
from common.types import ItemValue, ItemValues, Kind
from integrations.kintone.form import Form, FormField
from integrations.kintone.values import JsonValue
from mapping.checks import check, errors_of, required_columns_without_rule
from mapping.columns import KEEP, Column, described, origin_items
from mapping.converters import ValueRefusedError, is_empty
from mapping.left_out import LeftOut, left_out
from mapping.payload import Payload, digest_of
from mapping.rulespec import RuleSpec, WhenEmpty
from mapping.users import AS_THEY_ARE, UserTies


class MappingError(Exception):
    """This record cannot be expressed in kintone; `problems` says why, field by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)


class EmptyKeyError(MappingError):
    """The update key has no value: the record is skipped, not failed."""


class PlanError(Exception):
    """The mapping cannot run on the form at all (the key is gone, or no key): a person must act.

    `problems` names the fields.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule makes of one record, for people."""

    rule: RuleSpec
    label: str
    """The field's label in kintone."""
    before: str
    """The source value as a person would read it."""
    sent: JsonValue
    """What is sent; of a column of a table the cells of all rows; None if `kept` or refused."""
    kept: bool
    """The field is left out of the record, so kintone keeps what it holds."""
    problems: tuple[Problem, ...]


class MappingPlan:
    """Rules, form and key as one thing that turns values into payloads."""

    key_field: str
    item_keys: tuple[str, ...]
    """The items that `build` needs, for `crm.changes.load`."""
    left_out: tuple[LeftOut, ...]
    """The rules that the form has no place for: what they would fill is not sent."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        key_field: str,
        lacking: Mapping[str, Sequence[FormField]],
        left_out: Sequence[LeftOut] = (),
    ) -> None:
        self.key_field = key_field
        self.left_out = tuple(left_out)
        self.columns = tuple(columns)
        self.item_keys = tuple(
            dict.fromkeys(item for column in columns for item in origin_items(column.rule))
        )
        plain = [column for column in columns if not column.rule.table]
        self._key = next(column for column in plain if column.target.code == key_field)
        self._plain = tuple(column for column in plain if column is not self._key)
        by_table = sorted(
            (column for column in columns if column.rule.table), key=lambda each: each.rule.table
        )
        self._tables = tuple(
            _Table(code=code, columns=tuple(group), lacking=lacking.get(code, ()))
            for code, group in groupby(by_table, key=lambda each: each.rule.table)
        )

    @classmethod
    def compile(
        cls,
        rules: Sequence[RuleSpec],
        *,
        key_field: str,
        form: Form,
        kinds: Mapping[str, Kind],
        rowsets: Mapping[str, str],
        ties: UserTies = AS_THEY_ARE,
    ) -> Self:
        """The plan of these rules; those that do not fit the form any more are left out.

        Args:
            kinds: Item key → kind, of all items of the record type.
            rowsets: Item key → rowset, of multi-valued items.
            ties: Which kintone users the CRM's are.

        Raises:
            PlanError: the update key is none, or a rule is no rule on whatever form.
        """
        unfit = left_out(rules, key_field=key_field, form=form, kinds=kinds)
        without = [one.rule for one in unfit]
        whole = [rule for rule in rules if rule not in without]
        findings = check(whole, key_field=key_field, form=form, kinds=kinds, rowsets=rowsets)
        if errors := errors_of(findings):
            raise PlanError(errors)
        columns = [
            Column.of(rule, target=_found(form, rule), kinds=kinds, ties=ties) for rule in whole
        ]
        lacking = required_columns_without_rule(whole, form=form)
        return cls(columns, key_field=key_field, lacking=lacking, left_out=unfit)

    @property
    def unique_columns(self) -> tuple[Column, ...]:
        """The columns besides the key whose values kintone takes only once in an app."""
        return tuple(column for column in self._plain if column.target.unique)

    @property
    def kept_tables(self) -> tuple[str, ...]:
        """The tables whose rows keep their ids where they hold the same."""
        return tuple(
            table.code
            for table in self._tables
            if any(column.rule.keep_rows for column in table.columns)
        )

    def build(self, values: ItemValues) -> Payload:
        """The payload of one record.

        Raises:
            EmptyKeyError: the key has no value.
            MappingError: one or more values do not fit; all of them are named.
        """
        problems: list[Problem] = []
        key = self._key_of(values, problems)
        record: dict[str, JsonValue] = {}
        for column in self._plain:
            raw = column.read(values)
            try:
                sent = column.value(raw)
            except ValueRefusedError as refusal:
                problems.append(column.problem(refusal, raw))
                continue
            if sent is not KEEP:
                record[column.target.code] = sent  # type: ignore[assignment]
        for table in self._tables:
            rows = table.rows(values, problems)
            if rows is not None:
                record[table.code] = rows
        if problems:
            raise MappingError(problems)
        # A number is converted to kintone's plain form, so the key is its own claim.
        return Payload(key=key, claim=key, record=record, digest=digest_of(key, record))

    def show(self, values: ItemValues) -> tuple[RuleResult, ...]:
        """What each rule makes of one record, in the order of the rules; nothing is raised."""
        return tuple(show_column(column, values) for column in self.columns)

    def _key_of(self, values: ItemValues, problems: list[Problem]) -> str:
        raw = self._key.read(values)
        try:
            # The rule for empty values is not asked: without a key there is no record.
            sent = "" if is_empty(raw) else self._key.value(raw)
        except ValueRefusedError as refusal:
            problems.append(self._key.problem(refusal, raw))
            return ""
        if not sent or sent is KEEP:
            raise EmptyKeyError([_empty_key(self._key)])
        return str(sent)


def is_refused(column: Column, values: ItemValues) -> bool:
    """Whether one rule refuses what one record holds; `show_column` says why."""
    raw = column.read(values)
    try:
        if not column.rule.table:
            column.value(raw)
            return False
        elements = column.elements(raw)
        for each in (raw,) if elements is None else elements:
            column.cell(each)
    except ValueRefusedError:
        return True
    return False


def show_column(column: Column, values: ItemValues) -> RuleResult:
    """What one rule makes of one record."""
    raw = column.read(values)
    elements = column.elements(raw) if column.rule.table else None
    problems: list[Problem] = []
    sent: list[JsonValue] = []
    kept = False
    for each in (raw,) if elements is None else elements:
        try:
            value = column.cell(each) if column.rule.table else column.value(each)
        except ValueRefusedError as refusal:
            problems.append(column.problem(refusal, each))
            continue
        kept = value is KEEP
        sent.append(None if kept else value)  # type: ignore[arg-type]
    one_value = elements is None and len(sent) == 1
    return RuleResult(
        rule=column.rule,
        label=column.target.label or column.target.code,
        before=column.text(raw),
        sent=None if problems or kept else sent[0] if one_value else sent,
        kept=kept,
        problems=tuple(problems),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The columns of one kintone table, filled row by row and replaced as a whole.

    Columns without a rule are left out of the rows: all rows are new ones to kintone, so those
    columns take their defaults (kintone-api.md §5.3, §6).
    """

    code: str
    columns: tuple[Column, ...]
    lacking: Sequence[FormField]
    """Columns without a rule that kintone wants filled in every row."""

    def rows(self, values: ItemValues, problems: list[Problem]) -> list[JsonValue] | None:
        """The rows to be sent; None leaves the table as it is."""
        raws = [column.read(values) for column in self.columns]
        if self._is_kept(raws):
            return None
        rows: list[JsonValue] = [
            {"value": self._cells(cells, problems)} for cells in self._rows_of(raws)
        ]
        if rows:
            problems += [_column_without_rule(self.code, column) for column in self.lacking]
        return rows

    def _is_kept(self, raws: Sequence[ItemValue]) -> bool:
        """Whether nothing is there to be sent and every source says that kintone's rows stay."""
        sourced = [
            (column, raw)
            for column, raw in zip(self.columns, raws, strict=True)
            if not column.rule.fixed
        ]
        return bool(sourced) and all(
            is_empty(raw) and column.rule.empty is WhenEmpty.KEEP for column, raw in sourced
        )

    def _rows_of(self, raws: Sequence[ItemValue]) -> list[list[ItemValue]]:
        """Source values row by row: several values fill a column downwards, single ones repeat."""
        several = [column.elements(raw) for column, raw in zip(self.columns, raws, strict=True)]
        lengths = [len(elements) for elements in several if elements is not None]
        rows = []
        for number in range(max(lengths, default=1)):
            cells: list[ItemValue] = []
            filled = False
            for elements, raw, column in zip(several, raws, self.columns, strict=True):
                if elements is None:
                    cells.append(raw)
                    counts = not lengths and (not column.rule.fixed or self._is_all_fixed)
                else:
                    cells.append(elements[number] if number < len(elements) else None)
                    counts = True
                filled = filled or (counts and not is_empty(cells[-1]))
            if filled:
                rows.append(cells)
        return rows

    @property
    def _is_all_fixed(self) -> bool:
        return all(column.rule.fixed for column in self.columns)

    def _cells(self, cells: Sequence[ItemValue], problems: list[Problem]) -> dict[str, JsonValue]:
        sent: dict[str, JsonValue] = {}
        for column, raw in zip(self.columns, cells, strict=True):
            try:
                sent[column.target.code] = {"value": column.cell(raw)}
            except ValueRefusedError as refusal:
                problem = column.problem(refusal, raw)
                if problem not in problems:
                    problems.append(problem)
        return sent


def _found(form: Form, rule: RuleSpec) -> FormField:
    target = form.find(rule.field, table=rule.table)
    assert target is not None  # `check` reports a field that is gone
    return target


def _column_without_rule(table: str, column: FormField) -> Problem:
    return Problem(
        code="required_without_rule", field=f"{table}.{column.code}", params=described(column)
    )


def _empty_key(column: Column) -> Problem:
    return Problem(
        code="empty_key",
        field=column.target.code,
        item=column.rule.source,
        params=described(column.target),
    )
