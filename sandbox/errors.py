"""The refusals that the stand-in knows, in one table (kintone-api.md §4.3)."""

import secrets
from typing import Any, NamedTuple

from sandbox.messages import Message


class Refusal(NamedTuple):
    """An HTTP status with kintone's message in both languages."""

    status: int
    ja: str
    en: str


#: Where kintone-api.md marks a status with [?], 400 stands here for faults of the request and 403
#: for missing rights.
REFUSALS: dict[str, Refusal] = {
    "CB_AU01": Refusal(401, "ログインしてください。", "Please login."),
    "CB_WA01": Refusal(
        401,
        "ログイン名またはパスワードが正しくありません。",
        "The login name or password is incorrect.",
    ),
    "CB_TW02": Refusal(
        401,
        "2要素認証が有効なユーザーは、パスワード認証を使用できません。",
        "Password authentication is not available for users with two-factor authentication.",
    ),
    "CB_IL02": Refusal(400, "不正なリクエストです。", "Illegal request."),
    "CB_IJ01": Refusal(400, "不正なJSON文字列です。", "Invalid JSON string."),
    "CB_VA01": Refusal(400, "入力内容が正しくありません。", "Missing or invalid input."),
    "CB_NO02": Refusal(403, "権限がありません。", "No privilege to proceed."),
    "GAIA_AP01": Refusal(
        404,
        "指定したアプリ（id: {app}）が見つかりません。削除されている可能性があります。",
        "The app (ID: {app}) not found. The app may have been deleted.",
    ),
    "GAIA_BF02": Refusal(
        403,
        "「{field}」フィールドに値を指定してレコードを追加するには、アプリの管理権限が必要です。",
        'App permissions are required to add records with specifying a value in the "{field}"'
        " field.",
    ),
    "GAIA_BL01": Refusal(
        404,
        "指定したファイル（id: {key}）が見つかりません。",
        "The specified file (id: {key}) not found.",
    ),
    "GAIA_CO02": Refusal(
        409,
        "指定したrevisionは最新ではありません。ほかのユーザーがレコードを更新した可能性があります。",
        "The revision is not the latest. Someone may update a record.",
    ),
    "GAIA_DA02": Refusal(
        400,
        "データベースのロックに失敗したため、変更を保存できませんでした。時間をおいて再度お試しください。",
        "Failed to save the changes because the database is locked. Try again later.",
    ),
    "GAIA_DA03": Refusal(
        400,
        "同じアプリのAPIトークンが複数指定されています。",
        "Multiple API tokens of the same app are specified.",
    ),
    "GAIA_FU01": Refusal(
        403,
        "フィールド「{field}」を編集する権限がありません。",
        'Edit permissions are required to edit field "{field}".',
    ),
    "GAIA_IA02": Refusal(
        400,
        "指定したAPIトークンに対応するアプリが見つかりません。",
        "The specified API token does not match the API token generated via an app.",
    ),
    "GAIA_IL23": Refusal(
        400,
        "ゲストスペース内のアプリの操作には、ゲストスペース用のURLを使用してください。",
        "You need to send a request to the URL of guest spaces to execute apps in guest spaces.",
    ),
    "GAIA_IL26": Refusal(
        400,
        "指定したユーザー（code：{person}）が見つかりません。",
        "The specified user (code：{person}) not found.",
    ),
    "GAIA_IL28": Refusal(
        400,
        "指定した組織またはグループ（code：{person}）が見つかりません。",
        "The specified organization or group (code：{person}) not found.",
    ),
    "GAIA_IQ03": Refusal(
        400,
        "{field}フィールドのフィールドタイプには演算子{operator}を使用できません。",
        "The operator {operator} cannot be used for the field type of {field}.",
    ),
    "GAIA_IQ07": Refusal(
        400,
        "テーブルの{field}フィールドには演算子{operator}を使用できません。",
        "The operator {operator} cannot be used for the field {field} in a table.",
    ),
    "GAIA_IQ10": Refusal(
        400,
        "{function}は使用できない関数です。",
        "The function {function} cannot be used.",
    ),
    "GAIA_IQ11": Refusal(
        400,
        "指定されたフィールド（{field}）が見つかりません。",
        "Specified field ({field}) not found.",
    ),
    "GAIA_IQ27": Refusal(
        400,
        "レコードの更新に失敗しました。updateKeyに指定したフィールド（フィールドコード：{field}）は、"
        "「値の重複を禁止する」を設定する必要があります。",
        'Failed to update record. The field (code: {field}) set as "updateKey" must be set to'
        ' "Prohibit duplicate values".',
    ),
    "GAIA_IQ28": Refusal(
        400,
        "updateKeyに同じ値が複数指定されています。",
        "The same value is specified more than once as updateKey.",
    ),
    "GAIA_LO03": Refusal(
        400,
        "ルックアップの参照先のフィールド「{field}」に「値の重複を禁止する」が設定されていません。",
        'The datasource field "{field}" for lookup is not set to "Prohibit duplicate values".',
    ),
    "GAIA_LO04": Refusal(
        400,
        "フィールド「{field}」の値「{value}」が、ルックアップの参照先のフィールドにないか、"
        "またはアプリやフィールドの閲覧権限がありません。",
        "A value {value} in the field {field} does not exist in the datasource app for lookup,"
        " or you do not have permission to view the app or the field.",
    ),
    "GAIA_NO01": Refusal(
        403,
        "このAPIトークンでは、指定したAPIを実行できません。",
        "Using this API token, you cannot run the specified API.",
    ),
    "GAIA_NO02": Refusal(
        403,
        "アプリはメンテナンスモードです。",
        "The app is in maintenance mode.",
    ),
    "GAIA_QU01": Refusal(
        400,
        "limit には 500 以下の値を指定してください。",
        "limit must be 500 or less.",
    ),
    "GAIA_QU02": Refusal(
        400,
        "offset には 10,000 以下の値を指定してください。",
        "offset must be 10,000 or less.",
    ),
    "GAIA_RE01": Refusal(
        404,
        "指定したレコード（id: {id}）が見つかりません。",
        "The specified record (ID: {id}) is not found.",
    ),
    "GAIA_RE20": Refusal(
        400,
        "updateKeyに指定した条件に一致するレコードが見つかりません。",
        'No records match the conditions specified in the "updateKey" field.',
    ),
    "GAIA_SI01": Refusal(
        400,
        "テーブルの行のID（{id}）が重複しています。",
        "The ID of the table row ({id}) is duplicated.",
    ),
    "GAIA_TM12": Refusal(
        429,
        "カーソルの上限に達しているため、カーソルを作成できません。",
        "The cursor could not be created because the upper limit of cursors has been reached.",
    ),
    "GAIA_CN01": Refusal(
        404,
        "指定したカーソルが見つかりません。",
        "The specified cursor is not found.",
    ),
    "GAIA_TO03": Refusal(
        400,
        "パラメーターの数が上限を超えています。",
        "The number of parameters exceeds the limit.",
    ),
    "GAIA_TO04": Refusal(
        429,
        "同時アクセス数の上限を超えています。時間をおいて再度お試しください。",
        "The number of concurrent requests exceeds the limit. Try again later.",
    ),
    "GAIA_UN10": Refusal(
        400,
        "フィールドタイプが{type}のフィールドは更新できません。",
        "Cannot update field whose type is {type}.",
    ),
}


class ApiError(Exception):
    """A refusal in kintone's form; nothing of the request was carried out."""

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        message: str | None = None,
        errors: dict[str, list[Message]] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code)
        known = REFUSALS.get(code, Refusal(400, code, code))
        self.code = code
        self.status = known.status if status is None else status
        self.errors = errors
        self._message = message
        self._known = known
        self._params = params

    def body(self, language: str) -> dict[str, Any]:
        """The JSON object that kintone answers with (kintone-api.md §4.1)."""
        template = self._known.en if language == "en" else self._known.ja
        answer: dict[str, Any] = {
            "code": self.code,
            "id": secrets.token_urlsafe(15),
            "message": self._message or template.format(**self._params),
        }
        if self.errors is not None:
            answer["errors"] = {
                key: {"messages": [message.text(language) for message in messages]}
                for key, messages in self.errors.items()
            }
        return answer


def bad_input(key: str, *messages: str, **params: Any) -> ApiError:
    """CB_VA01 about one parameter or field."""
    return ApiError("CB_VA01", errors={key: [Message(each, params) for each in messages]})


class Issues:
    """Collects what is wrong with the records of one request.

    kintone reports all violations of CB_VA01 together; of the GAIA errors about data only the
    first, with no index, and here only where nothing else is wrong.
    """

    def __init__(self) -> None:
        self.errors: dict[str, list[Message]] = {}
        self._first: ApiError | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, key: str, message: str, **params: Any) -> None:
        """Note a violation at `key`."""
        self._count += 1
        self.errors.setdefault(key, []).append(Message(message, params))

    def defer(self, error: ApiError) -> None:
        """Note an error that is reported alone."""
        self._count += 1
        self._first = self._first or error

    def raise_any(self) -> None:
        """Raise what was noted."""
        if self.errors:
            raise ApiError("CB_VA01", errors=self.errors)
        if self._first is not None:
            raise self._first
