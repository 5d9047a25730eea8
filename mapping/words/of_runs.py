"""What stops a run, and what kintone says of one record."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from mapping.words.entry import Words

#: kintone, or the way there, stopped the whole run (`integrations.connections.error_problem`).
RUNS: Final[Mapping[str, Words]] = {
    "kintone_config.subdomain": Words(
        _("kintoneに接続できません"),
        _(
            "サブドメイン「%(subdomain)s」のkintoneが見つかりません。"
            "kintoneを開いたときのURLで、.cybozu.comの前の部分を入力してください。"
        ),
        without=_(
            "設定したサブドメインのkintoneが見つかりません。"
            "kintoneを開いたときのURLで、.cybozu.comの前の部分を入力してください。"
        ),
    ),
    "kintone_config.login": Words(
        _("kintoneにログインできません"),
        _(
            "ログイン名またはパスワードが正しくありません。kintoneの画面でログインできることを"
            "確認してから、入力し直してください。"
        ),
    ),
    "kintone_config.two_factor": Words(
        _("kintoneにログインできません"),
        _("このユーザーには2要素認証が設定されています。APIトークンを使用してください。"),
    ),
    "kintone_config.token": Words(
        _("APIトークンを使用できません"),
        _(
            "APIトークンが正しくないか、kintoneで［アプリを更新］が押されていません。"
            "kintoneのアプリの設定で確認してから、入力し直してください。"
        ),
    ),
    "kintone_config.permission": Words(
        _("kintoneのアクセス権がありません"),
        _(
            "このログイン名またはAPIトークンに、レコードの閲覧、追加、編集のアクセス権を"
            "kintoneで追加してください。"
        ),
    ),
    "kintone_config.app": Words(
        _("kintoneアプリが見つかりません"),
        _(
            "アプリID「%(app)s」のアプリがありません。kintoneでアプリを開き、URLの/k/の後の"
            "数字を入力してください。"
            "ゲストスペースのアプリは、ゲストスペースIDも入力してください。"
        ),
        without=_(
            "設定したアプリIDのアプリがありません。kintoneでアプリを開き、URLの/k/の後の"
            "数字を入力してください。"
            "ゲストスペースのアプリは、ゲストスペースIDも入力してください。"
        ),
    ),
    "kintone_config.guest_space": Words(
        _("ゲストスペースのアプリです"),
        _("ゲストスペースIDが未入力か、正しくありません。接続先の設定で入力してください。"),
    ),
    "kintone_config.ip_address": Words(
        _("kintoneのIPアドレス制限で接続できません"),
        _("kintoneの［IPアドレス制限］で、%(address)sからの接続を許可してください。"),
        without=_(
            "kintoneの［IPアドレス制限］で、hpsyncのIPアドレスからの接続を許可してください。"
        ),
    ),
    "kintone_config.basic_auth": Words(
        _("Basic認証で接続できません"),
        _("kintoneでBasic認証が設定されています。ユーザー名とパスワードを入力し直してください。"),
    ),
    "kintone_config.certificate": Words(
        _("クライアント証明書で接続できません"),
        _("証明書のファイルとパスワードを確認してください。"),
    ),
    "kintone_config.update_key": Words(
        _("更新キーにできないフィールドです"),
        _(
            "更新キーのフィールドがないか、［値の重複を禁止する］が外されています。"
            "kintoneで設定を戻すか、更新キーを選択し直してください。"
        ),
    ),
    "kintone_config.lookup_source": Words(
        _("ルックアップの設定に問題があります"),
        _(
            "ルックアップのコピー元のフィールドに、［値の重複を禁止する］が設定されていません。"
            "kintoneで設定してください。"
        ),
    ),
    "kintone_config.field": Words(
        _("フィールドのアクセス権がありません"),
        _("連携先のフィールドに、編集のアクセス権がありません。kintoneで追加してください。"),
    ),
    "kintone_down": Words(
        _("kintoneから応答がないため待機しています"),
        _(
            "kintoneがメンテナンス中の可能性があります。接続できしだい、自動で連携します。"
            "操作は不要です。"
        ),
    ),
    "kintone_protocol": Words(
        _("kintoneから想定外の応答がありました"),
        _("次の実行で自動で再試行します。続く場合は、詳細を添えて管理元に連絡してください。"),
    ),
    "busy": Words(
        _("このデータは別の処理で送信中です"),
        _("その処理が終わるまで待ってから、もう一度［テスト］を押してください。"),
    ),
    "budget": Words(
        _("1日の上限に達したため保留しています"),
        _(
            "本日のAPIリクエストが、設定した上限に達しました。%(resume_at)s（日本時間）に"
            "自動で再開します。急ぐ場合は上限を変更してください。"
        ),
        without=_(
            "本日のAPIリクエストが、設定した上限に達しました。翌日の0:00（日本時間）に"
            "自動で再開します。急ぐ場合は上限を変更してください。"
        ),
    ),
    "first_load_share": Words(
        _("全件連携を翌日まで保留しています"),
        _(
            "1日の上限のうち、スケジュールの連携のために残す分を除いて使い切りました。"
            "%(resume_at)s（日本時間）に自動で再開します。変更されたデータの連携は続いています。"
        ),
        without=_(
            "1日の上限のうち、スケジュールの連携のために残す分を除いて使い切りました。"
            "翌日の0:00（日本時間）に自動で再開します。変更されたデータの連携は続いています。"
        ),
    ),
    "paused": Words(
        _("一時停止しています"),
        _(
            "［再開］を押すと、続きから連携します。"
            "一時停止の間も、実行スケジュールのデータ処理は続きます。"
        ),
    ),
    "sync_user_missing": Words(
        _("リードの連携を停止しています"),
        _(
            "連携ユーザーが設定されていないか、削除されています。別のユーザーを選択すると、"
            "停止中の変更から再開します。会社と部署の連携は続いています。"
        ),
    ),
    "sync_user_disabled": Words(
        _("リードの連携を停止しています"),
        _(
            "連携ユーザー「%(name)s」が無効になりました。別のユーザーを選択すると、"
            "停止中の変更から再開します。会社と部署の連携は続いています。"
        ),
        without=_(
            "連携ユーザーが無効になりました。別のユーザーを選択すると、停止中の変更から"
            "再開します。会社と部署の連携は続いています。"
        ),
    ),
    "fewer_leads": Words(
        _("連携ユーザーが参照できるリードが急に減りました"),
        _(
            "連携ユーザー「%(name)s」が参照できるリードが、%(before)s件から%(count)s件に減りました。"
            "参照できなくなったリードの変更は、kintoneに届きません。リードの公開範囲とグループ、"
            "連携ユーザーの所属と権限が変わっていないかを確認してください。"
        ),
    ),
    "records_failed": Words(
        _("連携できないデータがあります"),
        _("エラーのデータを開き、原因を確認してください。"),
    ),
    "lost": Words(
        _("データ処理が途中で止まりました"),
        _("残りのデータは、次の実行で自動で連携します。操作は不要です。"),
    ),
    "canceled": Words(
        _("データ処理を中止しました"),
        _("残りのデータは、次の実行で連携します。"),
    ),
    "rules_changed": Words(
        _("マッピングの変更により中止しました"),
        _("残りのデータは、次の実行で新しいマッピングを使用して連携します。"),
    ),
    "plan_outdated": Words(
        _("事前チェックの後に設定が変わったため中止しました"),
        _("マッピングかkintoneのフォームが変わりました。もう一度、事前チェックをしてください。"),
    ),
    "preview_budget": Words(
        _("本日のAPIリクエストの残りが足りません"),
        _(
            "0:00（日本時間）を過ぎてから、もう一度チェックしてください。"
            "kintoneのレコードと比べずにチェックすると、少ないリクエストで済みます。"
        ),
    ),
    "internal": Words(
        _("hpsyncの内部で問題が起きました"),
        _("次の実行で自動で再試行します。続く場合は、詳細を添えて管理元に連絡してください。"),
    ),
}

#: kintone refused one record, by kintone's code; any other code is `kintone` itself.
REFUSALS: Final[Mapping[str, Words]] = {
    "GAIA_LO04": Words(
        _("ルックアップのコピー元がありません"),
        _(
            "「%(field)s」の値が、関連付けるアプリにないか、閲覧のアクセス権がありません。"
            "レコードまたはアクセス権を追加してください。その後、自動で再試行します。"
        ),
        without=_(
            "ルックアップの値が、関連付けるアプリにないか、閲覧のアクセス権がありません。"
            "レコードまたはアクセス権を追加してください。その後、自動で再試行します。"
        ),
    ),
    # The same, where the record itself was to be there by us: `jobs.parents`.
    "GAIA_LO04.parent": Words(
        _("ルックアップのコピー元がありません"),
        _(
            "「%(field)s」の「%(parent)s」が、関連付けるアプリにないか、閲覧のアクセス権が"
            "ありません。コピー元を連携するか、アクセス権を追加してください。その後、自動で"
            "再試行します。"
        ),
    ),
    "GAIA_IL26": Words(
        _("kintoneにユーザーがいません"),
        _(
            "ユーザー選択の値が、kintoneのログイン名と一致しません。社員の"
            "［kintoneのログイン名］を修正してください。その後、自動で再試行します。"
        ),
    ),
    "GAIA_IL28": Words(
        _("kintoneに組織またはグループがありません"),
        _(
            "「%(field)s」の値が、kintoneの組織コードまたはグループコードと一致しません。"
            "値を修正するか、値の変換表でコードに置き換えてください。その後、自動で再試行します。"
        ),
        without=_(
            "組織選択またはグループ選択の値が、kintoneのコードと一致しません。"
            "値を修正するか、値の変換表でコードに置き換えてください。その後、自動で再試行します。"
        ),
    ),
    "GAIA_CO02": Words(
        _("kintoneでレコードが更新されていました"),
        _("自動で再試行します。操作は不要です。"),
    ),
    # The same code, where kintone's message says that the value stands in another record.
    "CB_VA01.duplicate": Words(
        _("値がkintoneのほかのレコードと重複しています"),
        _(
            "フィールド「%(field)s」は値の重複を禁止していますが、「%(value)s」は"
            "kintoneのほかのレコードにもあります。どちらかの値を修正してください。"
        ),
        without=_(
            "値の重複を禁止したフィールドの値が、kintoneのほかのレコードにもあります。修正してください。"
        ),
    ),
    "CB_VA01": Words(
        _("kintoneが値を受け付けませんでした"),
        _("「%(field)s」：%(message)s値を修正してください。"),
    ),
    "kintone": Words(
        _("kintoneがデータを受け付けませんでした"),
        _("kintoneの応答：「%(message)s」。値またはkintoneの設定を修正してください。"),
        without=_("kintoneから想定外の応答がありました。詳細を確認してください。"),
    ),
}
