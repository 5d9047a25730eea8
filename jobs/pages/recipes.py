"""kintoneアプリの作成: the fields that an app needs, to be printed, or to be made in kintone."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.types import Kind, RecordType
from crm.catalogue import Item, items_of
from crm.labels import record_type_label
from crm.occurrences import occurrences
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneError
from integrations.models import Connection
from mapping.converters import as_text, is_empty
from mapping.labels import TYPE_LABELS
from mapping.models import Mapping
from mapping.problem_texts import describe
from mapping.recipe import Ingredient, RecipeField, recipe_of
from mapping.rules import save_rules
from mapping.samples import newest_values

KEY: Final = "external_id"
LONGEST_NAME: Final = 64
#: What nobody misses in kintone: our own numbers and times.
_NOT_AT_FIRST: Final = frozenset({"id", "created_at", "updated_at", "owner.name", "owner.email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One item of the page, with its field if it is chosen."""

    item: Item
    field: RecipeField | None

    @property
    def type_label(self) -> str:
        """The field's type in kintone's words."""
        return str(TYPE_LABELS[self.field.type]) if self.field else ""


@require_http_methods(["GET", "HEAD", "POST"])
def recipe(request: HttpRequest, pk: int, record_type: str) -> HttpResponse:
    """The recipe of the chosen items (`?item=`, several); a POST makes the app in kintone."""
    connection = get_object_or_404(Connection, pk=pk)
    if record_type not in set(RecordType):
        raise Http404(record_type)
    kind = RecordType(record_type)
    asked = request.POST if request.method == "POST" else request.GET
    items = items_of(kind)
    chosen = {KEY, *(asked.getlist("item") or _filled(kind, items))}
    fields = recipe_of([_ingredient(kind, item) for item in items if item.key in chosen])
    if request.method == "POST":
        mapping = _make(request, connection, kind, fields)
        if mapping is not None:
            return redirect("mapping:edit", mapping.pk)
    by_item = {field.item: field for field in fields}
    context = {
        "connection": connection,
        "record_type": record_type_label(kind),
        "name": asked.get("name", "") or record_type_label(kind),
        "lines": [_Line(item=item, field=by_item.get(item.key)) for item in items],
        "key": KEY,
        "by_password": bool(connection.login and connection.password),
    }
    return render(request, "jobs/recipe.html", context)


def _filled(kind: RecordType, items: Collection[Item]) -> list[str]:
    """The items that have a value in the newest rows; all of them where there are no rows."""
    wanted = [item.key for item in items if item.key not in _NOT_AT_FIRST]
    rows = newest_values(kind, item_keys=wanted)
    if not rows:
        return wanted
    return [key for key in wanted if not all(is_empty(row[key]) for row in rows)]


def _ingredient(kind: RecordType, item: Item) -> Ingredient:
    options = None
    if item.kind in (Kind.CHOICE, Kind.CHOICES):
        found = occurrences(kind, item, viewer_id=None)
        options = [as_text(value) for value in found.counts] if found.complete else None
    elif item.kind is Kind.FLAG:
        options = [_("はい")]
    return Ingredient(
        key=item.key,
        label=item.label,
        kind=item.kind,
        is_key=item.key == KEY,
        options=options,
    )


def _make(
    request: HttpRequest, connection: Connection, kind: RecordType, fields: Collection[RecipeField]
) -> Mapping | None:
    """Make the app and its mapping; None if there is no app, which the page then says."""
    name = request.POST.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        messages.error(request, _("アプリ名を64文字以内で入力してください。"))
        return None
    try:
        with connections.once_client_for(connection) as client:
            app = client.create_app(name)
            mapping = _prepare(connection, kind, app=app, name=name, fields=fields)
            try:
                client.add_fields(app, {one.code: one.as_property() for one in fields})
            except (KintoneError, AllowanceSpentError) as error:
                messages.error(request, _half_done(error, mapping))
                return mapping
    except (KintoneError, AllowanceSpentError) as error:
        messages.error(request, _failure(error, connection))
        return None
    messages.success(
        request,
        _(
            "アプリ「%(name)s」（アプリID %(app)s）を作成し、マッピングを設定しました。"
            "kintoneのアプリの設定で内容を確認し、［アプリを公開］を押してから、［読み込み］を"
            "押してください。"
        )
        % {"name": name, "app": app},
    )
    return mapping


def _prepare(
    connection: Connection,
    kind: RecordType,
    *,
    app: int,
    name: str,
    fields: Collection[RecipeField],
) -> Mapping:
    """The mapping of the new app, off, with a rule for each field."""
    with transaction.atomic():
        mapping = Mapping.objects.create(
            connection=connection, record_type=kind.value, app=app, app_name=name
        )
        key = next(one.code for one in fields if one.unique)
        save_rules(mapping, [one.as_rule() for one in fields], update_key=key)
    return mapping


def _half_done(error: KintoneError | AllowanceSpentError, mapping: Mapping) -> str:
    return _(
        "アプリ「%(name)s」（アプリID %(app)s）を作成しましたが、フィールドを追加できたことを"
        "確認できません。%(why)skintoneのアプリの設定で確認し、足りないフィールドを追加してください。"
    ) % {
        "name": mapping.app_name,
        "app": mapping.app,
        "why": _why(error, mapping.connection),
    }


def _failure(error: KintoneError | AllowanceSpentError, connection: Connection) -> str:
    if isinstance(error, KintoneError) and error.may_have_written:
        return _(
            "kintoneから応答がなく、アプリが作成されたかどうかを確認できません。"
            "kintoneのアプリの一覧で確認してから、やり直してください。"
        )
    return _(
        "アプリを作成できませんでした。%(why)sこの一覧を印刷して、アプリを作成する権限のある人に"
        "依頼することもできます。"
    ) % {"why": _why(error, connection)}


def _why(error: KintoneError | AllowanceSpentError, connection: Connection) -> str:
    if isinstance(error, AllowanceSpentError):
        return _("本日のAPIリクエストの上限に達しています。")
    text = describe(connections.error_problem(error, connection=connection, app=None))
    return _("%(heading)s。%(body)s") % {"heading": text.heading, "body": text.body}
