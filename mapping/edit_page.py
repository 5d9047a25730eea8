"""Everything that the mapping page (step 2) shows, gathered with a fixed number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.problems import Problem
from common.types import ItemValues, RecordType
from crm.catalogue import Item
from crm.labels import kind_label
from integrations.kintone.access import Access
from integrations.kintone.form import FieldType, Form, FormField
from mapping.access_texts import AccessView, access_view
from mapping.checks import (
    Severity,
    check,
    errors_of,
    one_to_one,
    path,
    places_without_rule,
)
from mapping.columns import Column
from mapping.converters import ValueRefusedError, Verdict
from mapping.drafts import Draft, value_table_text
from mapping.labels import VERDICT_ICONS, VERDICT_LABELS, VERDICT_TONES, note_text
from mapping.mappings import access_of, form_of
from mapping.models import Mapping
from mapping.options import Choices, Place, places_of
from mapping.problem_texts import ProblemText, describe
from mapping.rules import SourceItems, source_of, specs_of, ties_of
from mapping.rulespec import RuleSpec
from mapping.samples import Samples, newest_values, samples_of
from mapping.suggestion_panel import Panel, Ticks, panel_of
from mapping.users import UserTies


class Show(models.TextChoices):
    """Which rows the page shows."""

    ALL = "all", _("すべて")
    MAPPED = "mapped", _("設定済み")
    UNMAPPED = "unmapped", pgettext_lazy("判定", "未設定")
    PROBLEMS = "problems", _("問題")


#: Problems of the page as a whole that stand beside no row.
_WHOLE_PAGE = ("no_unique_field", "key_missing", "key_gone", "key_without_rule", "key_not_allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One CRM item and where it goes."""

    number: int
    item: Item
    kind: str
    rule: RuleSpec | None
    place: Place | None
    options: SafeString
    has_choices: bool
    may_be_key: bool
    is_key: bool
    verdict: Verdict | None
    note: str
    samples: Samples
    errors: tuple[ProblemText, ...]
    warnings: tuple[ProblemText, ...]
    value_table: str
    is_saved: bool

    @property
    def badge(self) -> dict[str, str]:
        """Label, tone and icon of the verdict."""
        if self.verdict is None:
            return {
                "label": str(pgettext_lazy("判定", "未設定")),
                "tone": "neutral",
                "icon": "dashed",
            }
        if self.samples.refused:
            label = _("%(count)s件が拒否") % {"count": self.samples.refused}
            return {"label": label, "tone": "warn", "icon": "triangle"}
        return {
            "label": str(VERDICT_LABELS[self.verdict]),
            "tone": VERDICT_TONES[self.verdict],
            "icon": VERDICT_ICONS[self.verdict],
        }

    @property
    def has_problems(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.errors or self.warnings or self.samples.refused)

    @property
    def takes_options(self) -> bool:
        """Whether the rule, as it is saved, fills a field with options."""
        place = self.place
        return self.is_saved and place is not None and bool(place.field.options)

    @property
    def takes_users(self) -> bool:
        """Whether members of the CRM become kintone users here."""
        return self.place is not None and self.place.field.type is FieldType.USER_SELECT

    @property
    def has_details(self) -> bool:
        """Whether its 詳細 hold more than the defaults."""
        rule = self.rule
        return rule is not None and bool(rule.values or rule.empty != "clear" or rule.keep_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRow:
    """A field that no item fills: a template, a fixed value, or a required field without either."""

    number: int
    place: Place
    text: str
    is_template: bool
    errors: tuple[ProblemText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """The page: rows as filtered, counts of all of them, and what concerns none."""

    rows: tuple[Row, ...]
    counts: dict[Show, int]
    others: tuple[OtherRow, ...]
    required: tuple[Place, ...]
    errors: tuple[ProblemText, ...]
    warnings: tuple[ProblemText, ...]
    places: tuple[tuple[Place, str], ...]
    free: tuple[Place, ...]
    has_key_field: bool
    suggestions: Panel
    access: AccessView | None


def edit_page(
    mapping: Mapping,
    *,
    draft: Draft,
    refused: Sequence[Problem] | None,
    show: Show,
    search: str,
    ticks: Ticks,
) -> EditPage:
    """The page of these rules.

    Args:
        draft: The stored rules, or those that were just chosen.
        refused: Why saving failed; None if nothing was saved. A missing update key is no error
            before the first rule.
        ticks: What was ticked among the proposals on the page that was sent.
    """
    form = form_of(mapping)
    source = source_of(mapping)
    places = places_of(form)
    access = access_of(mapping)
    errors, warnings = _problems(draft, form=form, source=source, access=access, refused=refused)
    labels = {item.key: item.label for item in source.items}
    taken = {path(spec): labels.get(spec.source) or str(_("固定値")) for spec in draft.specs}
    choices = Choices(places, taken=taken)
    record_type = RecordType(mapping.record_type)
    values = newest_values(record_type, item_keys=[item.key for item in source.items])
    builder = _Rows(
        draft=draft,
        form=form,
        source=source,
        places={place.path: place for place in places},
        choices=choices,
        errors=errors,
        warnings=warnings,
        values=values,
        saved={path(spec) for spec in specs_of(mapping)},
        ties=ties_of(mapping.connection),
    )
    rows = [builder.row(number, item) for number, item in enumerate(source.items)]
    required = _required(draft, form=form, places=places)
    described_places = {place.path: taken[place.path] for place in places if place.path in taken}
    return EditPage(
        rows=tuple(row for row in rows if _is_shown(row, show=show, search=search)),
        counts={each: sum(_is_shown(row, show=each, search="") for row in rows) for each in Show},
        others=builder.others(required),
        required=required,
        errors=_texts(problem for problem in errors if _is_of_page(problem, draft)),
        warnings=_texts(problem for problem in warnings if not problem.item),
        places=tuple((place, described_places.get(place.path, "")) for place in places),
        free=tuple(place for place in places if not place.reason and place.path not in taken),
        has_key_field=any(field.can_be_update_key for field in form.fields.values()),
        suggestions=panel_of(
            record_type, draft=draft, form=form, source=source, values=values, ticks=ticks
        ),
        access=access_view(access) if access else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    draft: Draft
    form: Form
    source: SourceItems
    places: dict[str, Place]
    choices: Choices
    errors: Sequence[Problem]
    warnings: Sequence[Problem]
    values: Sequence[ItemValues]
    saved: Collection[str]
    """Paths of the fields that stored rules fill."""
    ties: UserTies

    def row(self, number: int, item: Item) -> Row:
        rule = self.draft.by_item.get(item.key)
        chosen = path(rule) if rule else ""
        place = self.places.get(chosen)
        errors = [problem for problem in self.errors if problem.item == item.key]
        verdict = place.fit(item.kind) if place else None
        column = None if errors or rule is None else self._column(rule)
        return Row(
            number=number,
            item=item,
            kind=kind_label(item.kind),
            rule=rule,
            place=place,
            options=self.choices.html(item.kind, chosen=chosen),
            has_choices=bool(rule or self.choices.fitting(item.kind)),
            may_be_key=self.choices.can_hold_key(item.kind),
            is_key=bool(chosen) and chosen == self.draft.update_key,
            verdict=verdict.verdict if verdict else Verdict.IMPOSSIBLE if rule else None,
            note=note_text(verdict) if verdict else "",
            samples=samples_of(item.key, kind=item.kind, column=column, values=self.values),
            errors=_texts(errors),
            warnings=_texts(
                problem
                for problem in self.warnings
                if problem.item == item.key and problem.code != "may_lose"
            ),
            value_table=self.draft.value_texts.get(
                item.key, value_table_text(rule.values) if rule else ""
            ),
            is_saved=chosen in self.saved,
        )

    def others(self, required: Sequence[Place]) -> tuple[OtherRow, ...]:
        rules = [(self.places.get(path(spec)) or _gone(spec), spec) for spec in self.draft.others]
        blank = [(place, None) for place in required]
        return tuple(
            OtherRow(
                number=number,
                place=place,
                text=(spec.template or spec.fixed) if spec else "",
                is_template=bool(spec and spec.template),
                errors=_texts(
                    problem
                    for problem in self.errors
                    if not problem.item and problem.field == place.path and spec
                ),
            )
            for number, (place, spec) in enumerate([*rules, *blank])
        )

    def _column(self, rule: RuleSpec) -> Column | None:
        target = self.form.find(rule.field, table=rule.table)
        if target is None:
            return None
        try:
            return Column.of(rule, target=target, kinds=self.source.kinds, ties=self.ties)
        except ValueRefusedError:
            return None


def _problems(
    draft: Draft,
    *,
    form: Form,
    source: SourceItems,
    access: Access | None,
    refused: Sequence[Problem] | None,
) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings of these rules."""
    if not form.fields:
        return list(refused or ()), []
    findings = check(
        draft.specs,
        key_field=draft.update_key,
        form=form,
        kinds=source.kinds,
        rowsets=source.rowsets,
        access=access,
    )
    errors = list(errors_of(findings))
    for problem in (*one_to_one(draft.specs, form=form), *draft.problems, *(refused or ())):
        if problem not in errors:
            errors.append(problem)
    if refused is None and not draft.specs:
        errors = [problem for problem in errors if problem.code != "key_missing"]
    warnings = [
        each.problem
        for each in findings
        if each.severity is Severity.WARNING and each.problem.code != "required_without_rule"
    ]
    return errors, warnings


def _required(draft: Draft, *, form: Form, places: Iterable[Place]) -> tuple[Place, ...]:
    missing = places_without_rule(draft.specs, form=form)
    return tuple(place for place in places if place.path in missing)


def _is_of_page(problem: Problem, draft: Draft) -> bool:
    """Whether the problem stands beside no row."""
    if problem.item:
        return False
    others = {path(spec) for spec in draft.others}
    return problem.code in _WHOLE_PAGE or problem.field not in others


def _is_shown(row: Row, *, show: Show, search: str) -> bool:
    if show is Show.MAPPED and row.rule is None:
        return False
    if show is Show.UNMAPPED and row.rule is not None:
        return False
    if show is Show.PROBLEMS and not row.has_problems:
        return False
    return not search or search.casefold() in _searched(row)


def _searched(row: Row) -> str:
    field = row.place.description if row.place else ""
    item = row.item
    return " ".join((item.label_ja, item.label_en, item.key, row.kind, field)).casefold()


def _texts(problems: Iterable[Problem]) -> tuple[ProblemText, ...]:
    return tuple(dict.fromkeys(describe(problem) for problem in problems))


def _gone(spec: RuleSpec) -> Place:
    field = FormField(code=spec.field, label=spec.field, type=FieldType.UNKNOWN)
    return Place(path=path(spec), table=None, field=field)
