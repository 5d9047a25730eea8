"""Mappings as a whole: their form, read again from kintone, and their plan, ready to run."""

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import F

from integrations import connections
from integrations.kintone.access import Access, RightsReader, ask
from integrations.kintone.form import Form, FormField, parse_form
from integrations.kintone.values import AppInfo
from mapping.checks import Finding, check
from mapping.drift import Drift, Effect
from mapping.models import Mapping
from mapping.plan import MappingPlan, PlanError
from mapping.rules import STANDING, source_of, specs_of, standing_columns, ties_of
from mapping.standing import Standing


class FormReader(Protocol):
    """What reading a form needs of the kintone client."""

    def get_app(self, app: int) -> AppInfo: ...

    def get_form(self, app: int) -> Form: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FormChange:
    """What is different in the app's form since it was read last, by field code.

    `first` is the first reading; nothing is counted as different then.
    """

    first: bool
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    """Type, options, required, unique, limits, columns; a new label alone is no change."""

    def __bool__(self) -> bool:
        """Whether rules may act differently now."""
        return self.first or bool(self.added or self.gone or self.altered)


def read_form(mapping: Mapping, client: FormReader, *, now: datetime) -> FormChange:
    """Read the app's name and form from kintone and store them (「読み込み」); return what changed.

    A form that differs raises the mapping's version, so that records that failed on the old one
    are tried again. What of it the rules were not made on is written down as the mapping's drift.

    Raises:
        KintoneError: kintone did not answer; nothing is changed.
    """
    name = client.get_app(mapping.app).name
    form = client.get_form(mapping.app)
    with transaction.atomic():
        locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
        change = _difference(locked.form, form)
        Mapping.objects.filter(pk=mapping.pk).update(
            app_name=name,
            form=form.source,
            form_read_at=now,
            version=F("version") + (1 if change else 0),
            **standing_columns(locked, specs_of(locked), form=form.source),
        )
    mapping.refresh_from_db(fields=["app_name", "form", "form_read_at", "version", *STANDING])
    return change


def read_access(mapping: Mapping, client: RightsReader, *, now: datetime) -> None:
    """Ask kintone what the connection's login may do with the app, and store it; after `read_form`.

    One request, two more by login name, one for each app that lookups read; what kintone does not
    answer is stored as not known.
    """
    access = ask(
        client,
        mapping.app,
        login=connections.login_of(mapping.connection),
        sources=form_of(mapping).lookup_sources,
        now=now,
    )
    Mapping.objects.filter(pk=mapping.pk).update(access=access.as_json())
    mapping.refresh_from_db(fields=["access"])


def forget_target(mapping: Mapping) -> None:
    """The mapping goes to another app or another kintone: its form is unread, its rules stay."""
    Mapping.objects.filter(pk=mapping.pk).update(
        form={},
        form_read_at=None,
        app_name="",
        access={},
        version=F("version") + 1,
        **Standing(made_on={}).as_columns(),
    )
    mapping.refresh_from_db()


def review(mapping: Mapping) -> None:
    """Find out anew how the rules stand to the form as it was read last."""
    with transaction.atomic():
        locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
        standing = standing_columns(locked, specs_of(locked))
        Mapping.objects.filter(pk=locked.pk).update(**standing)
    mapping.refresh_from_db(fields=[*STANDING])


def form_of(mapping: Mapping) -> Form:
    """The form as read last; without fields before the first 「読み込み」."""
    return parse_form(mapping.form) if mapping.form else Form(fields={}, revision=0)


def access_of(mapping: Mapping) -> Access | None:
    """What the login may do, as of the last 「読み込み」; None before the first, or as another."""
    access = Access.from_json(mapping.access)
    is_ours = access is not None and access.login == connections.login_of(mapping.connection)
    return access if is_ours else None


def plan_of(mapping: Mapping) -> MappingPlan:
    """The mapping's plan by its rules and its form as stored.

    Rules that do not fit the form are left out of it.

    Raises:
        PlanError: there is no update key in the form, or not the one that the rules were made on,
            or the form was never loaded.
    """
    if stopping := [one.problem for one in drift_of(mapping) if one.effect is Effect.STOPS]:
        raise PlanError(stopping)
    source = source_of(mapping)
    return MappingPlan.compile(
        specs_of(mapping),
        key_field=mapping.update_key,
        form=form_of(mapping),
        kinds=source.kinds,
        rowsets=source.rowsets,
        ties=ties_of(mapping.connection),
    )


def drift_of(mapping: Mapping) -> tuple[Drift, ...]:
    """What of the form is not as the rules were made on, as of the last reading."""
    return tuple(Drift.from_json(one) for one in mapping.drift)


def is_impaired(mapping: Mapping) -> bool:
    """Whether something is not sent for a drift: a rule is left out, or nothing is sent at all."""
    return any(one.effect is not Effect.RECORDS for one in drift_of(mapping))


def findings_of(mapping: Mapping) -> tuple[Finding, ...]:
    """Everything that a person should know about the mapping before it runs; errors first."""
    source = source_of(mapping)
    return check(
        specs_of(mapping),
        key_field=mapping.update_key,
        form=form_of(mapping),
        kinds=source.kinds,
        rowsets=source.rowsets,
        access=access_of(mapping),
    )


def _difference(stored: MappingOf[str, object], form: Form) -> FormChange:
    if not stored:
        return FormChange(first=True)
    before = _unlabelled(parse_form(stored).fields)
    after = _unlabelled(form.fields)
    return FormChange(
        first=False,
        added=tuple(code for code in after if code not in before),
        gone=tuple(code for code in before if code not in after),
        altered=tuple(
            code for code, field in after.items() if code in before and before[code] != field
        ),
    )


def _unlabelled(fields: MappingOf[str, FormField]) -> dict[str, FormField]:
    return {
        code: replace(field, label="", columns=_unlabelled(field.columns))
        for code, field in fields.items()
    }
