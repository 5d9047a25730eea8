"""Everything that the mapping page (step 2) shows, gathered with a fixed number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

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
from mapping.choice_list import choice_list
from mapping.columns import Column
from mapping.converters import ValueRefusedError, Verdict, unwritable
from mapping.drafts import Draft, value_table_text
from mapping.labels import VERDICT_ICONS, VERDICT_LABELS, VERDICT_TONES, note_text
from mapping.mappings import access_of, form_of
from mapping.models import Mapping
from mapping.options import Choices, Place, places_of
from mapping.problem_texts import ProblemText, describe
from mapping.readings import searched
from mapping.rules import SourceItems, source_of, specs_of, ties_of
from mapping.rulespec import RuleSpec
from mapping.samples import Sample, Samples, newest_values, samples_of
from mapping.showing import Show, belongs, shown
from mapping.suggestion_panel import Panel, Ticks, panel_of
from mapping.unmapped_rows import unmapped_rows
from mapping.users import UserTies

#: Problems of the page as a whole that stand beside no row.
_WHOLE_PAGE = ("no_unique_field", "key_missing", "key_gone", "key_without_rule", "key_not_allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One CRM item and where it goes."""

    number: str
    item: Item
    kind: str
    rule: RuleSpec | None
    chosen: str
    """Path of the field, "" if none."""
    place: Place | None
    words: str
    """What it is found by."""
    options: SafeString
    """Of the field chosen; of all that fit where `is_whole`."""
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
    is_shown: bool = True
    is_open: bool = False
    is_whole: bool = False

    @property
    def choice_label(self) -> str:
        """What its choice is called."""
        return _("%(item)sの連携先") % {"item": self.item.label}

    @property
    def key_label(self) -> str:
        """What choosing it for the update key is called."""
        return _("%(item)sを更新キーにする") % {"item": self.item.label}

    @property
    def sample(self) -> Sample | None:
        """One value, one that is refused before others."""
        return self.samples.shown[0] if self.samples.shown else None

    @property
    def belongs_to(self) -> str:
        """The filters that show it, with blanks between."""
        return " ".join(each.value for each in Show if belongs(self, each))

    @property
    def troubles(self) -> list[str]:
        """What is wrong, in a few words each."""
        texts = [text.heading for text in (*self.errors, *self.warnings)]
        if self.samples.refused:
            texts.append(str(_("登録できない値があります")))
        return list(dict.fromkeys(texts))

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
    def is_listed(self) -> bool:
        """Whether it stands among the items that fill a field."""
        return self.rule is not None or self.has_problems

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
        return rule is not None and bool(
            self.value_table.strip() or rule.empty != "clear" or rule.keep_rows
        )


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
    """All of them; the filter hides those that it does not ask for."""
    counts: dict[Show, int]
    found: int
    """How many rows are shown."""
    choices: SafeString
    """Every field, for the page's script."""
    unmapped_open: bool
    """Whether the items without a field are unfolded."""
    others: tuple[OtherRow, ...]
    required: tuple[Place, ...]
    errors: tuple[ProblemText, ...]
    warnings: tuple[ProblemText, ...]
    places: tuple[tuple[Place, str], ...]
    """Every field with what fills it, where that is asked for."""
    places_count: int
    free: tuple[Place, ...]
    has_key_field: bool
    suggestions: Panel
    access: AccessView | None

    @property
    def listed(self) -> list[Row]:
        """Items that fill a field, or that something is wrong with."""
        return [row for row in self.rows if row.is_listed]

    @property
    def unmapped(self) -> list[Row]:
        """All others, folded."""
        return [row for row in self.rows if not row.is_listed]

    @property
    def unmapped_rows(self) -> SafeString:
        """The same as `<tr>`s."""
        return unmapped_rows(self.unmapped)

    @property
    def unmapped_found(self) -> int:
        """How many of these are shown."""
        return sum(row.is_shown for row in self.unmapped)

    @property
    def troubled(self) -> list[tuple[str, list[Row]]]:
        """What is wrong, and with which items."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            for trouble in row.troubles:
                found.setdefault(trouble, []).append(row)
        return list(found.items())

    @property
    def first_refused(self) -> str:
        """The number of the first row with an error, "" if none has any."""
        return next((row.number for row in self.rows if row.errors), "")


def edit_page(
    mapping: Mapping,
    *,
    draft: Draft,
    refused: Sequence[Problem] | None,
    show: Show,
    search: str,
    ticks: Ticks,
    opened: str = "",
    tells_fields: bool = False,
    tells_suggestions: bool = False,
) -> EditPage:
    """The page of these rules.

    Args:
        draft: The stored rules, or those that were just chosen.
        refused: Why saving failed; None if nothing was saved. A missing update key is no error
            before the first rule.
        ticks: What was ticked among the proposals on the page that was sent.
        opened: The item whose row is to have all its choices and settings.
        tells_fields: Whether every field of the app is listed, too.
        tells_suggestions: Whether the proposals are, beside rules that there are already.
    """
    form = form_of(mapping)
    source = source_of(mapping)
    places = places_of(form)
    access = access_of(mapping)
    errors, warnings = _problems(draft, form=form, source=source, access=access, refused=refused)
    labels = {item.key: item.label for item in source.items}
    taken = {
        path(spec): labels.get(spec.source, spec.source) or str(_("固定値")) for spec in draft.specs
    }
    choices = Choices(places, taken=taken)
    record_type = RecordType(mapping.record_type)
    values = newest_values(record_type, item_keys=[item.key for item in source.items])
    builder = _Rows(
        draft=draft,
        rules=draft.by_item,
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
    rows = [builder.row(str(number), item) for number, item in enumerate(source.items)]
    required = _required(draft, form=form, places=places)
    suggestions = panel_of(
        record_type,
        draft=draft,
        form=form,
        source=source,
        values=values,
        ticks=ticks,
        is_asked_for=tells_suggestions,
    )
    marked = tuple(shown(rows, choices=choices, show=show, search=search, opened=opened))
    return EditPage(
        rows=marked,
        counts={each: sum(belongs(row, each) for row in rows) for each in Show},
        found=sum(row.is_shown for row in marked),
        choices=choice_list(choices, kinds=source.kinds.values()),
        unmapped_open=bool(search)
        or show is Show.UNMAPPED
        or any(row.is_open and not row.is_listed for row in marked)
        or not (suggestions or any(row.is_listed for row in marked)),
        others=builder.others(required),
        required=required,
        errors=_texts(problem for problem in errors if _is_of_page(problem, draft, items=labels)),
        warnings=_texts(problem for problem in warnings if not problem.item),
        places=tuple((place, taken.get(place.path, "")) for place in places if tells_fields),
        places_count=len(places),
        free=tuple(
            place for place in places if place.path not in taken and not unwritable(place.field)
        ),
        has_key_field=any(field.can_be_update_key for field in form.fields.values()),
        suggestions=suggestions,
        access=access_view(access) if access else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    draft: Draft
    rules: dict[str, RuleSpec]
    """By item."""
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

    def row(self, number: str, item: Item) -> Row:
        rule = self.rules.get(item.key)
        chosen = path(rule) if rule else ""
        place = self.places.get(chosen)
        errors = [problem for problem in self.errors if problem.item == item.key]
        verdict = place.fit(item.kind) if place else None
        column = None if errors or rule is None else self._column(rule)
        samples = samples_of(item.key, kind=item.kind, column=column, values=self.values)
        return Row(
            number=number,
            item=item,
            kind=kind_label(item.kind),
            rule=rule,
            chosen=chosen,
            place=place,
            words=searched(
                *dict.fromkeys((item.label_ja, item.label_en)),
                *(item.key, kind_label(item.kind)),
                place.description if place else "",
            ),
            options=self.choices.only(item.kind, chosen=chosen),
            has_choices=bool(rule or self.choices.fitting(item.kind)),
            may_be_key=self.choices.can_hold_key(item.kind),
            is_key=bool(chosen) and chosen == self.draft.update_key,
            verdict=verdict.verdict if verdict else Verdict.IMPOSSIBLE if rule else None,
            # The value that is refused says more.
            note=note_text(verdict) if verdict and not samples.refused else "",
            samples=samples,
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


def _is_of_page(problem: Problem, draft: Draft, *, items: Collection[str]) -> bool:
    """Whether the problem stands beside no row: an item that was deleted has none either."""
    if problem.item:
        return problem.item not in items
    others = {path(spec) for spec in draft.others}
    return problem.code in _WHOLE_PAGE or problem.field not in others


def _texts(problems: Iterable[Problem]) -> tuple[ProblemText, ...]:
    return tuple(dict.fromkeys(describe(problem) for problem in problems))


def _gone(spec: RuleSpec) -> Place:
    field = FormField(code=spec.field, label=spec.field, type=FieldType.UNKNOWN)
    return Place(path=path(spec), table=None, field=field)
