"""The words that labels and field codes are made of, in Japanese, English and abbreviations.

A word is written `漢字:ヨミ` where its reading is worth knowing: the reading is then understood
too, in kana and in Latin letters. English phrases are joined by `_`. Everything is compared without
width, case, and the difference of hiragana and katakana.
"""

from collections.abc import Mapping
from typing import Final

#: Whose value it is.
SUBJECTS: Final[Mapping[str, str]] = {
    "company": """会社:カイシャ 企業:キギョウ 取引先:トリヒキサキ 得意先:トクイサキ
        法人:ホウジン 勤務先:キンムサキ 貴社:キシャ 御社:オンシャ 本社:ホンシャ アカウント
        クライアント 社 company corporation organization organisation account client""",
    "customer": "顧客:コキャク お客様 客先:キャクサキ ユーザー企業 customer",
    "department": """部署:ブショ 部門:ブモン 所属:ショゾク 所属部署 所属部門 所属部 部課 課
        department dept division section""",
    "unit": "組織:ソシキ",
    "person": """リード 見込み客 見込客 見込み顧客 名刺:メイシ コンタクト lead contact_person
        prospect person""",
    "contact": "担当者:タントウシャ 担当:タントウ contact",
    "owner": """営業担当者:エイギョウタントウシャ 営業担当:エイギョウタントウ 担当営業
        営業:エイギョウ 営業マン owner sales_rep sales_representative salesperson sales_person
        rep""",
    "parent": "親:オヤ 上位:ジョウイ 上位部署 親部署 上位部門 親部門 上位組織 親組織 parent",
    "ours": "自社:ジシャ 弊社:ヘイシャ 当社:トウシャ 社内:シャナイ internal our",
    "theirs": "先方:センポウ 相手先:アイテサキ 相手 貴 client_side their",
}

#: What the value is.
ATTRIBUTES: Final[Mapping[str, str]] = {
    "name": "名:メイ 名称:メイショウ 名前:ナマエ 氏名:シメイ 姓名 フルネーム name full_name",
    "kana": """カナ フリガナ 振り仮名 振仮名 ヨミガナ ヨミ 読み 読み仮名 読み方 カナ名
        カナ表記 kana furigana furi yomi yomigana phonetic""",
    "short": """略称:リャクショウ 略名 略 通称:ツウショウ 屋号:ヤゴウ short_name abbreviation
        short""",
    "id": """ID コード 番号:バンゴウ 識別子 管理番号 管理ID 識別ID 整理番号 キー code id no
        number num cd key uid""",
    "zip": """郵便番号:ユウビンバンゴウ 郵便:ユウビン 〒 zip zipcode zip_code postal
        postal_code postcode""",
    "pref": "都道府県:トドウフケン 県:ケン prefecture pref state",
    "address": "住所:ジュウショ 所在地:ショザイチ 所在 address addr location",
    "tel": "電話番号:デンワバンゴウ 電話:デンワ TEL phone telephone phone_number tel_number",
    "fax": "FAX ファックス ファクス ファクシミリ facsimile",
    "mobile": """携帯:ケイタイ 携帯電話:ケイタイデンワ 携帯番号:ケイタイバンゴウ 携帯電話番号
        モバイル mobile cell cellphone cell_phone mobile_phone""",
    "email": "メール Eメール メールアドレス メアド e_mail email mail email_address mail_address",
    "url": """URL ホームページ HP ウェブサイト WEBサイト サイト ウェブ homepage home_page
        website web_site web site""",
    "domain": "ドメイン メールドメイン domain email_domain",
    "industry": """業種:ギョウシュ 業界:ギョウカイ 産業:サンギョウ industry business_category
        business_type""",
    "employees": """従業員数 従業員規模 従業員:ジュウギョウイン 社員数:シャインスウ 職員数
        人員数 スタッフ数 企業規模 会社規模 規模 employees employee number_of_employees
        no_of_employees headcount company_size""",
    "capital": "資本金:シホンキン capital capital_stock",
    "listing": "上場:ジョウジョウ 非上場 株式公開 上場区分 ipo listing listed",
    "sales": """売上:ウリアゲ 売上高:ウリアゲダカ 年商:ネンショウ 前年売上 前年売上高 前期売上
        前期売上高 年間売上 年間売上高 直近売上 直近売上高 revenue annual_revenue annual_sales
        sales_last_year turnover""",
    "corporate": """法人番号:ホウジンバンゴウ 法人ナンバー 法人No corporate corporate_no
        corporate_number houjin_no""",
    "note": """備考:ビコウ メモ 摘要:テキヨウ 特記事項:トッキジコウ 特記 コメント 注記 note
        notes memo remarks remark comment comments description""",
    "tags": "タグ tag tags",
    "path": "階層:カイソウ 組織階層 階層名 hierarchy path full_path",
    "family": "姓 苗字:ミョウジ 名字 family_name last_name surname sei family",
    "first": "下の名前 first_name given_name given",
    "post": "役職:ヤクショク 肩書:カタガキ 肩書き 職位:ショクイ title job_title position post",
    "extension": "内線:ナイセン 内線番号:ナイセンバンゴウ extension ext",
    "latitude": "緯度:イド latitude lat",
    "longitude": "経度:ケイド longitude lng lon",
    "status": "ステータス status",
    "source": """リードソース 流入経路 流入元 流入 獲得経路 獲得元 リード獲得元 リード獲得経路
        リード元 認知経路 情報源 きっかけ リード経路 source lead_source channel""",
    "acquired": """情報取得日 名刺交換日 交換日 取得日 獲得日 名刺取得日 acquired_on acquired
        trade_on exchanged_on""",
    "products": """興味のある商品 興味のある製品 興味商品 興味製品 関心のある商品
        関心のある製品 関心商品 関心製品 ご興味のある商品 ご興味のある製品
        products_of_interest interest interests interest_products product_interest""",
    "created": "登録日時 作成日時 登録日 作成日 created created_at created_on registered_at",
    "updated": """更新日時 最終更新日時 最終更新 最終更新日 更新日 updated updated_at
        updated_on modified modified_at last_updated last_modified""",
    "visibility": "公開範囲 visibility",
    "groups": "公開グループ",
    "not": "不可 NG 停止 拒否 不要 禁止 opt_out optout no_mail unsubscribe unsubscribed",
    "error": "エラー 不達 error bounced",
    "dm": "DM ダイレクトメール direct_mail",
    "competitor": "競合:キョウゴウ 競合他社 competitor",
    "important": "重要顧客 重点顧客 important_customer vip",
    "end_user": "エンドユーザー エンドユーザ end_user enduser",
    "store": "販売店 store reseller",
    "rank": "ランク rank grade tier",
    "newsletter": "メールマガジン メルマガ newsletter mail_magazine mailmagazine",
    "securities": "証券コード 銘柄コード securities_code ticker",
    "division": "区分:クブン 種別 分類",
    "floor": "フロア 階数 floor",
}

#: Two meanings at once.
COMPOUNDS: Final[Mapping[tuple[str, ...], str]] = {
    ("company", "name"): "社名:シャメイ 商号:ショウゴウ",
    ("department", "path"): "部署階層 部署パス 部門階層",
    ("company", "tel"): "代表電話 代表電話番号 代表番号 代表TEL",
    ("company",): "所属会社 所属企業 所属先 所属団体",
    ("not", "email"): "配信停止 配信不可 配信NG",
}

#: Short words that mean this only where the whole text is one of them.
WHOLES: Final[Mapping[tuple[str, ...], str]] = {
    ("first",): "名",
    ("family", "kana"): "セイ",
    ("first", "kana"): "メイ 名カナ 名フリガナ 名ヨミ 名ヨミガナ",
}

#: Words that say nothing about what the value is.
FILLERS: Final = """の 様 お ご 御 欄 連絡先 連絡用 公式 必須 任意 アドレス 情報 項目 等 一覧
    CRM 連携 連携用 外部 代表:ダイヒョウ 配信 送信 フラグ 数:スウ 入力 テキスト 円 13桁
    HotProfile ホットプロファイル 自由 漢字 su of the for at on external crm main flag list
    info"""

#: Words that make it another value: of another place, another time, another person.
OTHERS: Final = """旧:キュウ 前 元 新 請求:セイキュウ 請求先:セイキュウサキ 請求書 送付:ソウフ
    送付先:ソウフサキ 納品:ノウヒン 納品先:ノウヒンサキ 配送:ハイソウ 配送先:ハイソウサキ
    届け先 届先 出荷先 発送先 倉庫:ソウコ 工場:コウジョウ 支払:シハライ 支払い 振込:フリコミ
    振込先 仕入先 緊急:キンキュウ 緊急連絡先 自宅:ジタク 個人 私用 紹介:ショウカイ 紹介者
    紹介元 代理店:ダイリテン 上司:ジョウシ 上長 社長 代表者:ダイヒョウシャ 代表取締役
    責任者:セキニンシャ 部門長 部署長 所属長 管理者 保証人 家族 最終:サイシュウ 次回:ジカイ
    前回:ゼンカイ 初回:ショカイ 予備 サブ 建物 ビル 別 副 他 その他 第二 第2 合計 目標 予定
    見込み 契約 案件 商談 支店 支社 営業所 登録番号 インボイス billing bill shipping ship
    delivery invoice payment old former previous prev last next home private personal
    emergency partner referrer referral alternate alternative secondary sub other second
    backup total target expected contract deal branch warehouse factory manager supervisor
    representative ceo president"""

#: Meanings that a number belongs to: 電話番号 is 電話.
NUMBERED: Final = frozenset(
    ("tel", "fax", "mobile", "zip", "corporate", "extension", "employees", "email")
)

#: Meanings that a name may belong to: 県名 is 県.
NAMED: Final = frozenset(
    ("kana", "short", "path", "family", "first", "pref", "industry", "post", "source", "products")
)
#: Meanings that a division may belong to: 業種区分 is 業種.
DIVIDED: Final = frozenset(("industry", "employees", "capital", "listing", "source", "status"))
#: Meanings that say little by themselves: 商品コード is no code of ours.
VAGUE: Final = frozenset(("name", "id"))

#: What only a company has, and only a department: whose it is need not be said.
OF_COMPANIES: Final = frozenset(
    ("industry", "employees", "capital", "listing", "sales", "corporate")
)
OF_DEPARTMENTS: Final = frozenset(("path",))

#: What a person, a department and a company each have of their own: whose it is must be said.
CONTACT: Final = frozenset(("tel", "fax", "zip", "pref", "address", "url", "email"))
