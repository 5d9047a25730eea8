"""The words of every problem: heading (what happened), body (why, and what to do), by code.

`%(name)s` are the problem's own params, and `field` (label or code), `type` (kintone's word for the
field's type), `item` and `value`. Where a body needs a param that a problem may lack, `without`
says it without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Words:
    """Heading and body of one code."""

    heading: Promise
    body: Promise
    without: Promise | None = None


#: One value of one record cannot stand in its field (`mapping.converters`).
VALUES: Final[Mapping[str, Words]] = {
    "empty_key": Words(
        _("更新キーの値が空です"),
        _("「%(field)s」に連携する値がありません。値を入力すると連携します。"),
    ),
    "required_empty": Words(
        _("必須フィールドの値が空です"),
        _("「%(field)s」はkintoneの必須フィールドです。データに値を入力してください。"),
    ),
    "too_long": Words(
        _("文字数が上限を超えています"),
        _(
            "「%(value)s」は%(length)s文字です。「%(field)s」に登録できるのは%(max)s文字までです。"
            "値を短くするか、kintoneで上限を変更して［読み込み］を押してください。"
        ),
    ),
    "too_short": Words(
        _("文字数が足りません"),
        _(
            "「%(value)s」は%(length)s文字です。「%(field)s」には%(min)s文字以上が必要です。"
            "値を修正してください。"
        ),
    ),
    "not_a_number": Words(
        _("数値ではありません"),
        _("「%(value)s」は、数値フィールド「%(field)s」に登録できません。数字に修正してください。"),
    ),
    "too_many_digits": Words(
        _("数値の桁数が上限を超えています"),
        _(
            "「%(value)s」は、kintoneの数値の上限である%(max)s桁を超えています。"
            "値を修正するか、文字列（1行）のフィールドに連携してください。"
        ),
    ),
    "too_small": Words(
        _("数値が下限より小さい値です"),
        _("「%(value)s」は、「%(field)s」の下限の%(min)sより小さい値です。値を修正してください。"),
    ),
    "too_large": Words(
        _("数値が上限より大きい値です"),
        _("「%(value)s」は、「%(field)s」の上限の%(max)sより大きい値です。値を修正してください。"),
    ),
    "no_option": Words(
        _("値が選択肢にありません"),
        _(
            "「%(value)s」は、%(type)s「%(field)s」の選択肢にありません。値の変換表で選択肢に"
            "置き換えるか、kintoneに選択肢を追加して［読み込み］を押してください。"
        ),
    ),
    "several_values": Words(
        _("値が2つ以上あります"),
        _(
            "「%(value)s」のうち、%(type)s「%(field)s」に登録できるのは1つだけです。"
            "値を1つにするか、複数の値を選択できるフィールドに連携してください。"
        ),
    ),
    "not_a_date": Words(
        _("日付ではありません"),
        _("「%(value)s」を日付として読み取れません。「2026-01-31」のように修正してください。"),
    ),
    "not_a_time": Words(
        _("時刻ではありません"),
        _("「%(value)s」を時刻として読み取れません。「09:30」のように修正してください。"),
    ),
    "not_a_datetime": Words(
        _("日時ではありません"),
        _(
            "「%(value)s」を日時として読み取れません。"
            "「2026-01-31 09:30」のように修正してください。"
        ),
    ),
    "date_out_of_range": Words(
        _("kintoneで扱えない日付です"),
        _("「%(value)s」は、kintoneの日付の範囲（1000年から9999年）の外です。修正してください。"),
    ),
    "not_a_url": Words(
        _("URLではありません"),
        _("「%(value)s」は、リンク「%(field)s」に登録できません。URLに修正してください。"),
    ),
    "not_an_email": Words(
        _("メールアドレスではありません"),
        _(
            "「%(value)s」は、リンク「%(field)s」に登録できません。"
            "1つのメールアドレスに修正してください。"
        ),
    ),
    "not_a_phone": Words(
        _("電話番号ではありません"),
        _("「%(value)s」は、リンク「%(field)s」に登録できません。電話番号に修正してください。"),
    ),
    "no_login": Words(
        _("kintoneのログイン名がわかりません"),
        _(
            "「%(value)s」に、ログイン名もメールアドレスもありません。"
            "社員の［kintoneのログイン名］を入力してください。"
        ),
    ),
    "key_taken": Words(
        _("更新キーの値が重複しています"),
        _(
            "「%(label)s」と「%(other_label)s」の更新キーが、どちらも「%(key)s」です。"
            "どちらかの値を修正してください。kintoneには「%(other_label)s」だけを連携しています。"
        ),
        without=_("同じ更新キーのデータがほかにあります。どちらかの値を修正してください。"),
    ),
    "key_waits": Words(
        _("更新キーが空くのを待っています"),
        _(
            "更新キー「%(value)s」をほかのデータが使用しています。"
            "そのデータの変更を連携した後に、自動で再試行します。"
        ),
    ),
    "not_visible": Words(
        _("連携ユーザーが参照できません"),
        _(
            "このリードは、連携ユーザーに公開されていません。"
            "公開範囲を変更すると、自動で再試行します。"
        ),
    ),
}

#: The mapping and the app's form do not go together (`mapping.checks`).
MAPPING: Final[Mapping[str, Words]] = {
    "field_gone": Words(
        _("連携先のフィールドがありません"),
        _(
            "フィールドコード「%(code)s」は、kintoneで変更または削除されています。"
            "連携先を選択し直してください。"
        ),
    ),
    "field_not_writable": Words(
        _("値を登録できないフィールドです"),
        _("「%(field)s」には連携できません。%(reason_text)s別のフィールドを選択してください。"),
    ),
    "kind_does_not_fit": Words(
        _("項目とフィールドの種類が合いません"),
        _("この項目は、%(type)s「%(field)s」に連携できません。別のフィールドを選択してください。"),
    ),
    "field_taken": Words(
        _("同じフィールドを2つ以上の項目に設定しています"),
        _("「%(field)s」を、1つの項目だけに設定してください。"),
    ),
    "item_taken": Words(
        _("同じ項目を2つ以上のフィールドに設定しています"),
        _("項目「%(item)s」の連携先を、1つのフィールドだけにしてください。"),
    ),
    "item_unknown": Words(
        _("連携する項目がありません"),
        _("項目「%(item)s」は削除されています。「%(field)s」に連携する項目を選択してください。"),
    ),
    "template_unreadable": Words(
        _("テンプレートを読み取れません"),
        _(
            "「%(field)s」のテンプレートに誤りがあります。"
            "「{family_name} {first_name}」のように、項目のキーを波かっこで囲んでください。"
        ),
    ),
    "rule_without_origin": Words(
        _("連携する値が決まっていません"),
        _("「%(field)s」に、項目、テンプレート、固定値のどれか1つを設定してください。"),
    ),
    "value_table_unreadable": Words(
        _("値の変換表を読み取れません"),
        _("「%(value)s」の行を、「元の値 → 連携する値」の形で入力してください。"),
    ),
    "fixed_empty": Words(
        _("固定値が空です"),
        _("「%(field)s」の固定値を入力してください。"),
    ),
    "no_unique_field": Words(
        _("更新キーにできるフィールドがありません"),
        _(
            "［値の重複を禁止する］を設定した文字列（1行）または数値のフィールドがありません。"
            "kintoneで設定して［アプリを更新］を押してから、［読み込み］を押してください。"
        ),
    ),
    "key_missing": Words(
        _("更新キーを選択していません"),
        _("更新キーにするフィールドを1つ選択してください。"),
    ),
    "key_gone": Words(
        _("更新キーのフィールドがありません"),
        _(
            "フィールドコード「%(code)s」は、kintoneで変更または削除されています。"
            "更新キーを選択し直してください。"
        ),
    ),
    "key_not_allowed": Words(
        _("更新キーにできないフィールドです"),
        _(
            "「%(field)s」に、kintoneで［値の重複を禁止する］を設定してください。"
            "設定できるのは文字列（1行）と数値です。設定後に［読み込み］を押してください。"
        ),
    ),
    "key_without_rule": Words(
        _("更新キーに連携する項目がありません"),
        _("更新キー「%(field)s」に連携する項目を選択してください。"),
    ),
    "key_fixed": Words(
        _("更新キーに固定値は使用できません"),
        _(
            "すべてのデータが同じレコードになります。「%(field)s」に連携する項目を選択してください。"
        ),
    ),
    "form_mismatch": Words(
        _("マッピングとkintoneのフォームが合いません"),
        _("項目のマッピングを開き、［マッピング設定を再読み込み］を押して確認してください。"),
    ),
    "form_not_loaded": Words(
        _("kintoneのフォームを読み込んでいません"),
        _("［読み込み］を押して、kintoneアプリのフィールドを取得してください。"),
    ),
    "required_without_rule": Words(
        _("必須フィールドに連携する項目がありません"),
        _(
            "「%(field)s」はkintoneの必須フィールドです。このままでは新規のレコードを"
            "登録できません。項目または固定値を選択してください。"
        ),
    ),
    "may_lose": Words(_("値の一部が失われます"), _("「%(field)s」：%(note_text)s")),
    "thirteen_digits": Words(
        _("13桁の数値は登録できないことがあります"),
        _(
            "kintoneの数値は、初期設定では整数部が12桁までです。kintoneのアプリの設定で"
            "［数値と計算の精度］の全体の桁数を確認するか、文字列（1行）に連携してください。"
        ),
    ),
    "lookup_unseen": Words(
        _("ルックアップの関連付けるアプリを参照できません"),
        _(
            "「%(field)s」のルックアップは、関連付けるアプリの閲覧のアクセス権が必要です。"
            "kintoneでアクセス権を追加するか、そのアプリのAPIトークンも登録してください。"
        ),
    ),
    "table_replaced": Words(
        _("テーブルの行はすべて置き換わります"),
        _("連携のたびに、「%(field)s」の行を置き換えます。kintoneで追加した行は失われます。"),
    ),
    "rowsets_mixed": Words(
        _("異なる一覧を1つのテーブルに並べます"),
        _("「%(field)s」では、無関係な値が同じ行に並びます。別のテーブルに分けてください。"),
    ),
}

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
    "nothing_gets_through": Words(
        _("kintoneがすべてのデータを受け付けませんでした"),
        _("連携を途中で止めました。kintoneの応答を確認し、設定を修正してください。"),
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
            "ルックアップの値が、関連付けるアプリにないか、閲覧のアクセス権がありません。"
            "レコードまたはアクセス権を追加してください。その後、自動で再試行します。"
        ),
    ),
    "GAIA_IL26": Words(
        _("kintoneにユーザーがいません"),
        _(
            "ユーザー選択の値が、kintoneのログイン名と一致しません。社員の"
            "［kintoneのログイン名］を修正してください。その後、自動で再試行します。"
        ),
    ),
    "GAIA_CO02": Words(
        _("kintoneでレコードが更新されていました"),
        _("自動で再試行します。操作は不要です。"),
    ),
    "GAIA_DA02": Words(
        _("kintoneが混み合っています"),
        _("自動で再試行します。操作は不要です。"),
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
