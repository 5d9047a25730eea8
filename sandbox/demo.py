"""The kintone of the demo: three apps with every field type that hpsync fills, and some people."""

from typing import Any

from sandbox import admin
from sandbox.form import Definition
from sandbox.model import ALL_RIGHTS, App, Domain, User
from sandbox.world import World

LOGIN = "sync"
#: Known to everybody: the demo's kintone holds nothing but invented data and answers this machine.
PASSWORD = "kintone-demo"  # noqa: S105

INDUSTRIES = (
    "水産・農林業",
    "建設業",
    "製造業",
    "卸売業",
    "小売業",
    "金融業",
    "不動産業",
    "情報通信業",
    "運輸業",
    "サービス業",
    "医療・福祉",
    "その他",
)
WORKERS = ("1〜9名", "10〜49名", "50〜299名", "300〜999名", "1,000名以上")


def demo_world() -> World:
    """A domain `demo` with three empty apps: 顧客リスト (1), 部署 (2), 見込み客 (3)."""
    domain = Domain(
        name="demo",
        users={user.login: user for user in _people()},
        organizations={"sales": "営業部", "marketing": "マーケティング部"},
        groups={"everyone": "全員", "east": "東日本", "west": "西日本"},
    )
    world = World(domains={domain.name: domain})
    for name, fields, token in (
        ("顧客リスト", company_fields(), "demo-token-customers"),
        ("部署", department_fields(), "demo-token-departments"),
        ("見込み客", lead_fields(), "demo-token-leads"),
    ):
        app: App = admin.add_app(world, domain, name, fields)
        app.tokens[token] = ALL_RIGHTS
    return world


def _people() -> list[User]:
    return [
        User(login=LOGIN, name="連携ユーザー", password=PASSWORD),
        User(login="sato", name="佐藤 花子", password=PASSWORD),
        User(login="suzuki", name="鈴木 一郎", password=PASSWORD),
        User(login="takahashi", name="高橋 美咲", password=PASSWORD),
        User(login="tanaka", name="田中 健", password=PASSWORD),
    ]


def _text(**settings: Any) -> Definition:
    return {"type": "SINGLE_LINE_TEXT", **settings}


def _choice(kind: str, *options: str, **settings: Any) -> Definition:
    return {"type": kind, "options": options, **settings}


def _table(**columns: Definition) -> Definition:
    return {"type": "SUBTABLE", "fields": columns}


def _lookup(app: int, key: str, *, copies: dict[str, str], **settings: Any) -> Definition:
    """A lookup of `key` in `app`; `copies`: field here → field there."""
    return {
        "type": "SINGLE_LINE_TEXT",
        "lookup": {
            "relatedApp": {"app": str(app), "code": ""},
            "relatedKeyField": key,
            "fieldMappings": [
                {"field": here, "relatedField": there} for here, there in copies.items()
            ],
            "lookupPickerFields": [key, *copies.values()],
            "filterCond": "",
            "sort": "レコード番号 desc",
        },
        **settings,
    }


def company_fields() -> dict[str, Definition]:
    """The form of 顧客リスト."""
    return {
        "会社名": _text(required=True, maxLength="100"),
        "フリガナ": _text(),
        "会社名略称": _text(),
        "法人番号": _text(unique=True, minLength="13", maxLength="13", required=True),
        "会社ID": _text(unique=True, maxLength="64"),
        "郵便番号": _text(maxLength="8"),
        "都道府県": _text(),
        "住所": _text(),
        "電話番号": {"type": "LINK", "protocol": "CALL", "maxLength": "30"},
        "URL": {"type": "LINK", "protocol": "WEB"},
        "業種": _choice("DROP_DOWN", *INDUSTRIES),
        "従業員数": _choice("DROP_DOWN", *WORKERS),
        "資本金": _text(),
        "前年売上": {
            "type": "NUMBER",
            "digit": True,
            "unit": "円",
            "unitPosition": "AFTER",
            "minValue": "0",
        },
        "上場区分": _choice("RADIO_BUTTON", "上場", "非上場", defaultValue="非上場"),
        "証券コード": _text(maxLength="5"),
        "顧客ランク": _choice("DROP_DOWN", "A", "B", "C"),
        "契約日": {"type": "DATE"},
        "営業担当者": {"type": "USER_SELECT"},
        "担当部署": {"type": "ORGANIZATION_SELECT"},
        "メモ": {"type": "MULTI_LINE_TEXT"},
        "案内文": {"type": "RICH_TEXT"},
        "タグ一覧": _table(タグ=_text(maxLength="20")),
        "部署一覧": _table(部署名=_text(), 部署階層=_text(), 部署コード=_text()),
        "添付資料": {"type": "FILE"},
        "CRM登録日時": {"type": "DATETIME"},
        "CRM更新日時": {"type": "DATETIME"},
    }


def department_fields() -> dict[str, Definition]:
    """The form of 部署."""
    return {
        "部署ID": _text(unique=True, required=True, maxLength="64"),
        "部署名": _text(required=True),
        "部署階層": _text(),
        "親部署ID": _text(),
        "会社ID": _lookup(1, "会社ID", copies={"会社名": "会社名", "法人番号": "法人番号"}),
        "会社名": _text(),
        "法人番号": _text(),
        "フロア": _text(),
        "備考": {"type": "MULTI_LINE_TEXT"},
        "CRM更新日時": {"type": "DATETIME"},
    }


def lead_fields() -> dict[str, Definition]:
    """The form of 見込み客."""
    return {
        "リードID": _text(unique=True, maxLength="64"),
        "メールアドレス": _text(unique=True, required=True, maxLength="64"),
        "連絡用メール": {"type": "LINK", "protocol": "MAIL"},
        "姓": _text(required=True),
        "名": _text(),
        "氏名": _text(),
        "姓カナ": _text(),
        "名カナ": _text(),
        "会社ID": _lookup(
            1, "会社ID", copies={"会社名": "会社名", "会社電話番号": "電話番号"}, required=True
        ),
        "会社名": _text(),
        "会社電話番号": {"type": "LINK", "protocol": "CALL"},
        "部署階層": _text(),
        "役職": _text(),
        "電話番号": {"type": "LINK", "protocol": "CALL"},
        "内線番号": {"type": "NUMBER"},
        "携帯電話番号": {"type": "LINK", "protocol": "CALL"},
        "住所": _text(),
        "ステータス区分": _choice("RADIO_BUTTON", "有効", "無効", defaultValue="有効"),
        "リードソース": _choice(
            "DROP_DOWN", "展示会", "Webサイト", "紹介", "電話", "セミナー", "その他"
        ),
        "情報取得日": {"type": "DATE"},
        "最終訪問日時": {"type": "DATETIME"},
        "連絡希望時刻": {"type": "TIME"},
        "重要顧客": _choice("RADIO_BUTTON", "はい", "いいえ", defaultValue="いいえ"),
        "メール不可": _choice("RADIO_BUTTON", "はい", "いいえ", defaultValue="いいえ"),
        "連絡方法": _choice("CHECK_BOX", "メール", "電話", "郵送"),
        "興味のある商品": _choice(
            "MULTI_SELECT", "名刺管理", "営業支援", "メール配信", "データ連携", "分析レポート"
        ),
        "タグ一覧": _table(タグ=_text()),
        "営業担当者": {"type": "USER_SELECT"},
        "公開グループ": {"type": "GROUP_SELECT"},
        "メモ": {"type": "RICH_TEXT"},
        "CRM更新日時": {"type": "DATETIME"},
    }
