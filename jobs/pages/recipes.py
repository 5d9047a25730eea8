"""kintoneアプリの作成: the fields that an app needs, printed, as CSV, or made in kintone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.spreadsheets import csv_answer
from common.types import Kind, RecordType
from crm.catalogue import Item, items_of
from crm.labels import record_type_label
from crm.occurrences import occurrences
from integrations.models import Connection
from jobs.pages import recipe_apps
from mapping.converters import as_text, is_empty
from mapping.labels import TYPE_LABELS
from mapping.models import Mapping
from mapping.recipe import Ingredient, RecipeField, recipe_of
from mapping.rules import specs_of
from mapping.samples import newest_values

KEY: Final = "external_id"
#: What nobody misses in kintone: our own numbers and times.
_NOT_AT_FIRST: Final = frozenset({"id", "created_at", "updated_at", "owner.name", "owner.email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One field of the list; a table's columns follow it."""

    field: RecipeField
    table: str = ""
    """Label of the table that it is a column of."""

    @property
    def type_label(self) -> str:
        """The field's type in kintone's words."""
        return str(TYPE_LABELS[self.field.type])


@require_http_methods(["GET", "HEAD", "POST"])
def recipe(request: HttpRequest, pk: int, record_type: str) -> HttpResponseBase:
    """The recipe of the chosen items (`?item=`, several; `?format=csv`).

    A POST makes the app in kintone, or adds what an app that was made lacks (`mapping`).
    """
    connection = get_object_or_404(Connection, pk=pk)
    if record_type not in set(RecordType):
        raise Http404(record_type)
    kind = RecordType(record_type)
    asked = request.POST if request.method == "POST" else request.GET
    items = items_of(kind)
    if request.method == "POST" and request.POST.get("action") == "complete":
        return _complete(request, connection, kind, items)
    chosen = {KEY, *(asked.getlist("item") or _filled(kind, items))}
    fields = recipe_of([_ingredient(kind, item) for item in items if item.key in chosen])
    if request.method == "POST":
        mapping = recipe_apps.make(request, connection, kind, fields)
        if mapping is not None:
            return redirect("mapping:edit", mapping.pk)
    elif request.GET.get("format") == "csv":
        return _as_csv(kind, fields, items=items)
    context = {
        "connection": connection,
        "record_type": record_type_label(kind),
        "name": asked.get("name", "") or record_type_label(kind),
        "lines": list(_lines(fields)),
        "choices": [(item, item.key in chosen) for item in items],
        "key": KEY,
        "csv": urlencode([("format", "csv"), *(("item", key) for key in sorted(chosen))]),
        "by_password": bool(connection.login and connection.password),
        "unpublished": recipe_apps.unpublished(connection, kind),
    }
    return render(request, "jobs/recipe.html", context)


def _complete(
    request: HttpRequest, connection: Connection, kind: RecordType, items: Collection[Item]
) -> HttpResponse:
    """Add what the app of a mapping lacks, by the mapping's rules."""
    number = request.POST.get("mapping", "")
    found = {str(one.pk): one for one in recipe_apps.unpublished(connection, kind)}
    if number not in found:
        raise Http404(number)
    mapping = found[number]
    if recipe_apps.complete(request, mapping, _fields_of(mapping, kind, items)):
        return redirect("mapping:edit", mapping.pk)
    return redirect("jobs:connection-recipe", connection.pk, kind.value)


def _fields_of(
    mapping: Mapping, kind: RecordType, items: Collection[Item]
) -> tuple[RecipeField, ...]:
    """The fields that the mapping's rules fill, with the codes that the rules say."""
    by_key = {item.key: item for item in items}
    return recipe_of(
        [
            _ingredient(
                kind,
                by_key[rule.source],
                code=rule.field,
                table_code=rule.table,
                is_key=rule.field == mapping.update_key and not rule.table,
            )
            for rule in specs_of(mapping)
            if rule.source in by_key
        ]
    )


def _lines(fields: Sequence[RecipeField]) -> Iterator[_Line]:
    for one in fields:
        yield _Line(field=one)
        for column in one.columns:
            yield _Line(field=column, table=one.label)


def _filled(kind: RecordType, items: Collection[Item]) -> list[str]:
    """The items that have a value in the newest rows; all of them where there are no rows."""
    wanted = [item.key for item in items if item.key not in _NOT_AT_FIRST]
    rows = newest_values(kind, item_keys=wanted)
    if not rows:
        return wanted
    return [key for key in wanted if not all(is_empty(row[key]) for row in rows)]


def _ingredient(
    kind: RecordType,
    item: Item,
    *,
    code: str = "",
    table_code: str = "",
    is_key: bool | None = None,
) -> Ingredient:
    options = None
    if item.kind in (Kind.CHOICE, Kind.CHOICES):
        found = occurrences(kind, item, viewer_id=None)
        options = [as_text(value) for value in found.in_order] if found.complete else None
    elif item.kind is Kind.FLAG:
        options = [_("はい")]
    table, label = _table_and_column(item)
    return Ingredient(
        key=item.key,
        label=label,
        kind=item.kind,
        is_key=item.key == KEY if is_key is None else is_key,
        options=options,
        rowset=item.rowset,
        table_label=table,
        code=code,
        table_code=table_code,
    )


def _table_and_column(item: Item) -> tuple[str, str]:
    """部署一覧：部署名 → 部署一覧, 部署名; what is no column of several has a table of its own."""
    if item.kind is not Kind.ROWS:
        return "", item.label
    table, colon, column = item.label.replace(": ", "：").partition("：")
    if colon:
        return table, column[:1].upper() + column[1:]
    return _("%(item)sの一覧") % {"item": item.label}, item.label


def _as_csv(
    kind: RecordType, fields: Sequence[RecipeField], *, items: Collection[Item]
) -> HttpResponseBase:
    """The list for a spreadsheet: a line for each field, a table's columns after the table."""
    labels = {item.key: item.label for item in items}
    headings = (
        *(_("フィールド名"), _("フィールドコード"), _("種類"), _("テーブル")),
        *(_("値の重複を禁止する"), _("選択肢"), _("リンクの種類"), _("項目")),
    )
    rows = (
        (
            *(line.field.label, line.field.code, line.type_label, line.table),
            _("はい") if line.field.unique else "",
            "\n".join(line.field.options),
            line.field.protocol,
            labels.get(line.field.item, ""),
        )
        for line in _lines(fields)
    )
    return csv_answer(f"kintone-{kind.value}.csv", headings, rows)
