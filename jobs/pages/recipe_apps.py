"""The app of a recipe in kintone: made, with its mapping; completed where fields are missing."""

from collections.abc import Collection, Sequence
from typing import Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.types import RecordType
from common.wording import listed, one_after_another
from integrations import connections
from integrations.kintone.errors import AllowanceSpentError, KintoneConfigError, KintoneError
from integrations.models import Connection
from jobs import connection_log
from mapping.models import Mapping
from mapping.problem_texts import describe
from mapping.recipe import RecipeField, columns_missing_from, missing_from
from mapping.rules import save_rules

LONGEST_NAME: Final = 64


def unpublished(connection: Connection, kind: RecordType) -> list[Mapping]:
    """The mappings with rules whose app's form was never read: it may lack fields."""
    found = connection.mappings.filter(record_type=kind.value, form={}, rules__isnull=False)
    return list(found.distinct().order_by("pk"))


def make(
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


def complete(request: HttpRequest, mapping: Mapping, fields: Sequence[RecipeField]) -> bool:
    """Add the fields that the app lacks, and no others; return whether it has all of them now.

    What is there is read first, so pressing again after a lost answer adds nothing twice.
    """
    try:
        with connections.once_client_for(mapping.connection) as client:
            there = client.get_draft_form(mapping.app)
            added = missing_from(there, fields)
            if added:
                client.add_fields(mapping.app, {one.code: one.as_property() for one in added})
    except (KintoneError, AllowanceSpentError) as error:
        messages.error(
            request,
            _("フィールドを追加できたことを確認できません。%(why)sもう一度押してください。")
            % {"why": _why(error, mapping.connection)},
        )
        return False
    messages.success(request, _said_of(added))
    if tables := columns_missing_from(there, fields):
        messages.warning(
            request,
            _("テーブルの列が足りません：%(tables)s。kintoneのアプリの設定で列を追加してください。")
            % {"tables": listed([one.label for one in tables])},
        )
    return not tables


def _said_of(added: Sequence[RecipeField]) -> str:
    told = (
        ngettext(
            "%(count)s個のフィールドを追加しました。",
            "%(count)s個のフィールドを追加しました。",
            len(added),
        )
        % {"count": len(added)}
        if added
        else _("足りないフィールドはありません。")
    )
    publish = _(
        "kintoneのアプリの設定で内容を確認し、［アプリを公開］を押してから、［読み込み］を"
        "押してください。"
    )
    return one_after_another([told, publish])


def _prepare(
    connection: Connection,
    kind: RecordType,
    *,
    app: int,
    name: str,
    fields: Collection[RecipeField],
) -> Mapping:
    """The mapping of the new app, off, with a rule for each field."""
    with connection_log.adding(connection, record_type=kind, app=app):
        mapping = Mapping.objects.create(
            connection=connection, record_type=kind.value, app=app, app_name=name
        )
        key = next(one.code for one in fields if one.unique)
        save_rules(mapping, [rule for one in fields for rule in one.as_rules()], update_key=key)
    return mapping


def _half_done(error: KintoneError | AllowanceSpentError, mapping: Mapping) -> str:
    return _(
        "アプリ「%(name)s」（アプリID %(app)s）を作成しましたが、フィールドを追加できたことを"
        "確認できません。%(why)s［足りないフィールドの追加］を開いて、追加してください。"
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
    """What happened, and what to do where it is of this login; no run tries it again by itself."""
    if isinstance(error, AllowanceSpentError):
        return _("本日のAPIリクエストの上限に達しています。")
    text = describe(connections.error_problem(error, connection=connection, app=None))
    if not isinstance(error, KintoneConfigError):
        return _("%(heading)s。") % {"heading": text.heading}
    return _("%(heading)s。%(body)s") % {"heading": text.heading, "body": text.body}
