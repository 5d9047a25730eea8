"""What can happen, as 操作履歴 words it: the object and the verb (「更新キーを変更」)."""

from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """`AREA.WHAT`."""

    CONNECTION_ADD = "connection.add", _("接続を追加")
    CONNECTION_CHANGE = "connection.change", _("接続先の設定を変更")
    CONNECTION_DELETE = "connection.delete", _("接続を削除")
    CONNECTION_FILE = "connection.file", _("設定ファイルを反映")
    CONNECTION_BACK = "connection.back", _("設定を元に戻す")
    DRAFT_REGISTER = "connection.register", _("設定の下書きを登録")
    DRAFT_DISCARD = "connection.draft_discard", _("設定の下書きを破棄")
    CLEANSING_BEGIN = "connection.cleansing", _("連携をクレンジングのため停止")
    CLEANSING_END = "connection.cleansed", _("クレンジング後の連携を再開")

    MAPPING_ADD = "mapping.add", _("マッピングを追加")
    MAPPING_RULES = "mapping.rules", _("項目のマッピングを変更")
    MAPPING_KEY = "mapping.key", _("更新キーを変更")
    MAPPING_VALUES = "mapping.values", _("値の変換表を変更")
    MAPPING_DRIFT = "mapping.drift", _("kintoneのフォームの変更を反映")
    MAPPING_USERS = "mapping.users", _("kintoneユーザーとの対応を変更")
    MAPPING_ENABLE = "mapping.enable", _("連携を有効に変更")
    MAPPING_DISABLE = "mapping.disable", _("連携を無効に変更")
    MAPPING_SIGHT = "mapping.sight", _("参照できるリードの件数を確認")
    MAPPING_DELETE = "mapping.delete", _("マッピングを削除")

    RUN_START = "run.start", _("データ処理を開始")
    RUN_FIRST_LOAD = "run.first_load", _("全件連携を開始")
    RUN_RETRY = "run.retry", _("エラーのデータを再実行")
    RUN_TEST = "run.test", _("連携テストを実行")
    RUN_PLAN = "run.plan", _("事前チェックしたデータの連携を開始")
    RUN_PAUSE = "run.pause", _("データ処理を一時停止")
    RUN_RESUME = "run.resume", _("データ処理を再開")
    RUN_CANCEL = "run.cancel", _("データ処理を中止")

    SOURCE_ADD = "source.add", _("ホットプロファイル連携元を追加")
    SOURCE_CHANGE = "source.change", _("ホットプロファイル連携元を変更")
    SOURCE_DELETE = "source.delete", _("ホットプロファイル連携元を削除")
    SOURCE_PULL = "source.pull", _("ホットプロファイルからの取り込みを開始")
    SOURCE_CANCEL = "source.cancel", _("ホットプロファイルからの取り込みを中止")

    DATA_ADD = "data.add", _("データを追加")
    DATA_EDIT = "data.edit", _("データを編集")
    DATA_DELETE = "data.delete", _("データを削除")
    DATA_ERASE = "data.erase", _("個人のデータを消去")
    DATA_IMPORT = "data.import", _("ファイルの取り込みを開始")
    DATA_IDS = "data.ids", _("IDを変更")
    DATA_ID_FORGET = "data.id_forget", _("IDの対応を削除")
    DATA_MERGE = "data.merge", _("データを統合")
    DATA_DISTINCT = "data.distinct", _("重複の候補を別のデータと判断")
    DATA_LEFT_OVER = "data.left_over", _("統合済みのkintoneレコードを一覧から除外")

    NOTICE_PLAN = "notice.plan", _("通知の設定を変更")
    NOTICE_CHANNEL_ADD = "notice.channel_add", _("通知の送信先を追加")
    NOTICE_CHANNEL_CHANGE = "notice.channel", _("通知の送信先を変更")
    NOTICE_CHANNEL_DELETE = "notice.channel_delete", _("通知の送信先を削除")

    ITEM_ADD = "item.add", _("カスタム項目を追加")
    ITEM_CHANGE = "item.change", _("カスタム項目を変更")
    ITEM_DELETE = "item.delete", _("カスタム項目を削除")

    MEMBER_ADD = "member.add", _("社員を追加")
    MEMBER_CHANGE = "member.change", _("社員を変更")
    MEMBER_DELETE = "member.delete", _("社員を削除")
    MEMBER_ACCESS = "member.access", _("アクセス権限のモードを変更")

    ACCOUNT_ADD = "account.add", _("ユーザーを追加")
    ACCOUNT_CHANGE = "account.change", _("ユーザーを変更")
    ACCOUNT_PASSWORD = "account.password", _("ユーザーのパスワードを変更")

    ACCOUNT_FACTOR = "account.factor", _("2要素認証を有効に変更")
    ACCOUNT_FACTOR_REMOVE = "account.factor_remove", _("2要素認証を無効に変更")
    ACCOUNT_RECOVERY = "account.recovery", _("リカバリーコードを再発行")
    ACCOUNT_POLICY = "account.policy", _("管理者の2要素認証の必須を変更")

    TOKEN_ADD = "token.add", _("APIトークンを追加")
    TOKEN_REVOKE = "token.revoke", _("APIトークンを失効")

    @property
    def area(self) -> str:
        """What it concerns: the first part of the value."""
        return self.value.partition(".")[0]


AREAS: Final[dict[str, Promise]] = {
    "connection": _("接続"),
    "mapping": _("マッピング"),
    "run": _("データ処理"),
    "source": _("ホットプロファイル連携元"),
    "data": _("顧客データ"),
    "notice": _("通知"),
    "item": _("カスタム項目"),
    "member": _("社員"),
    "account": _("ユーザー"),
    "token": _("APIトークン"),
}


class Origin(models.TextChoices):
    """From where."""

    SCREEN = "screen", _("画面")
    COMMAND = "command", _("コマンド")
    FILE = "file", _("設定ファイル")
    API = "api", _("APIトークン")
    SYSTEM = "system", _("自動")
