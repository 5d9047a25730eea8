"""Cases for every cell of the matrix: field → kind → values and what is sent for them.

A cell that is impossible has the code of its reason in place of cases. `refused(code)` stands where
the value is refused.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from common.types import UserRef
from integrations.kintone.form import FormField
from tests.builders_mapping import make_field
from tests.mapping.written import DATES, MOMENTS, NUMBERS, TIMES, Cases, refused

SATO = UserRef(name="佐藤花子", email="sato@example.com", login="sato")
MAIL_ONLY = UserRef(name="鈴木一郎", email="suzuki@example.com", login="")
NOBODY = UserRef(name="無名", email="", login="")
NIGHT = datetime(2024, 1, 4, 15, 30, 59, 999_999, tzinfo=UTC)
"""0:30 of the next day in Japan."""
NEW_YORK = datetime(2024, 6, 30, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
FAMILY = "👨\u200d👩\u200d👧"

OPTIONS = ["製造業", "ＩＴ", "情報・通信業", "1", "A,B", "ガラス"]


def field_of(name: str) -> FormField:
    """The field that stands for a row of the matrix."""
    type_, _, protocol = name.partition(" ")
    settings: dict[str, Any] = {"protocol": protocol} if protocol else {}
    if type_ in ("RADIO_BUTTON", "DROP_DOWN", "CHECK_BOX", "MULTI_SELECT"):
        settings["options"] = OPTIONS
    return make_field(type_, **settings)


_SINGLE: Mapping[str, Cases] = {
    "text": [
        ("青葉\u3000商事", "青葉\u3000商事"),
        ("ｱｵﾊﾞ", "ｱｵﾊﾞ"),
        ("001", "001"),
        ("\ufeff青\x00葉\x7f\x1b", "青葉"),
        ("一\u2028二\x0b三\x85四", "一 二 三 四"),
        ("葛\U000e0100城 𠮷 " + FAMILY, "葛\U000e0100城 𠮷 " + FAMILY),
        ("か\u3099", "か\u3099"),
        ("切れた\ud83d", refused("broken_character")),
        ("<b>&</b>", "<b>&</b>"),
        ("タブ\tあり", "タブ\tあり"),
    ],
    "long_text": [(" 一 \r\n\r\n二\r三\n", "一  二 三"), ("\x1f一", "一")],
    "rich_text": [
        ("<p>太<b>字</b></p><p>&amp;&nbsp;&lt;</p>", "太字 & <"),
        ("<div>一<br>二</div><script>x</script>", "一 二"),
        ("<p></p>", ""),
        ("平文 < 3 > 2", "平文 < 3 > 2"),
    ],
    "number": [
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (Decimal("1.50"), "1.5"),
        (Decimal("NaN"), refused("not_a_number")),
        (Decimal("1E+999999"), refused("too_many_digits")),
    ],
    "date": [(date(1, 1, 1), "0001-01-01"), (date(2024, 2, 29), "2024-02-29")],
    "time": [(time(9, 5, 59), "09:05")],
    "datetime": [
        (NIGHT, "2024-01-05 00:30"),
        (NEW_YORK, "2024-07-01 13:59"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01 09:18"),
        (datetime.max.replace(tzinfo=UTC), refused("date_out_of_range")),
    ],
    "choice": [("情報・通信業", "情報・通信業")],
    "choices": [(("赤", " ", "青"), "赤、青"), (("一\n二",), "一 二")],
    "user": [(SATO, "佐藤花子"), (UserRef(name="", email="a@b.jp", login=""), "a@b.jp")],
    "users": [((SATO, NOBODY), "佐藤花子、無名")],
    "url": [("HTTPS://例え.jp/会社 案内", "HTTPS://例え.jp/会社 案内")],
    "email": [("ａ＠example.com", "ａ＠example.com")],
    "phone": [("０３ー１２３４ 内線５", "０３ー１２３４ 内線５")],
    "flag": [(True, "はい"), (False, "いいえ")],
    "rows": [(("本社", "", "支社"), "本社、支社")],
}


def _changed(cases: Mapping[str, Cases], **other: Cases) -> dict[str, Cases]:
    return {**cases, **other}


_SEVERAL = _changed(
    _SINGLE,
    text=[
        ("一\u2028二\x0b三\r四", "一\n二\n三\n四"),
        ("\ufeff青\x00葉", "青葉"),
        ("切れた\udc00", refused("broken_character")),
    ],
    long_text=[(" 一 \r\n\r\n二\r三\n", " 一 \n\n二\n三\n")],
    rich_text=[
        ("<ul><li>一</li><li>二</li></ul>三", "一\n二\n三"),
        ("<p>一</p>\n<p>二</p>", "一\n\n二"),
        (
            "<table><tr><th>品名</th><td>茶</td></tr><tr><td></td><td>三</td></tr></table>",
            "品名 茶\n三",
        ),
        ("一<hr><dl><dt>二</dt><dd>三</dd></dl>", "一\n二\n三"),
    ],
    choices=[(("赤", " ", "青"), "赤\n青")],
    users=[((SATO, NOBODY), "佐藤花子\n無名")],
    rows=[(("本社", "", "支社"), "本社\n支社")],
)
_RICH = _changed(
    _SEVERAL,
    text=[('<b>A & "B"</b>\n二', '&lt;b&gt;A &amp; "B"&lt;/b&gt;<br>二')],
    long_text=[("一\r\n二", "一<br>二"), ("\x00", "")],
    rich_text=[
        ('<a href="https://a.jp">\r\n一</a>\x00', '<a href="https://a.jp">\n一</a>'),
        ("切れた\ud800", refused("broken_character")),
    ],
    choices=[(("赤", " ", "青"), "赤<br>青")],
    users=[((SATO, NOBODY), "佐藤花子<br>無名")],
    rows=[(("<本社>", "", "支社"), "&lt;本社&gt;<br>支社")],
)


def _like_text(cases: Cases, *kinds: str) -> dict[str, Cases]:
    """The same values as one of these kinds; and as the only one of several."""
    of_several: Cases = [((value,), sent) for value, sent in cases[:4]]
    several: Cases = [
        *of_several,
        (("", cases[0][0], " "), cases[0][1]),
        ((cases[0][0], cases[1][0]), refused("several_values")),
    ]
    return {**dict.fromkeys(kinds, cases), "choices": several, "rows": several}


_OPTION: dict[str, Cases | str] = {
    "choice": [
        ("製造業", "製造業"),
        ("IT", "ＩＴ"),
        ("情報･通信業", "情報・通信業"),
        (" 製造業\u3000", "製造業"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("\u200b製造業", "製造業"),
        ("建設業", refused("no_option")),
    ],
    "text": [
        ("a,b", "A,B"),
        ("製造業、ＩＴ", refused("no_option")),
        ("\ud800", refused("no_option")),
    ],
    "long_text": [("製造業\n", "製造業"), ("製造業\nＩＴ", refused("no_option"))],
    "rich_text": "no_choice",
    "number": [(Decimal("1.0"), "1"), (Decimal(2), refused("no_option"))],
    "date": "no_choice",
    "time": "no_choice",
    "datetime": "no_choice",
    "choices": [
        (("", "製造業"), "製造業"),
        (("製造業", "ＩＴ"), refused("several_values")),
        (("建設業",), refused("no_option")),
    ],
    "user": [(SATO, refused("no_option")), (UserRef(name="ＩＴ", email="", login=""), "ＩＴ")],
    "users": [
        ((UserRef(name="IT", email="", login=""),), "ＩＴ"),
        ((SATO, MAIL_ONLY), refused("several_values")),
    ],
    "url": [("製造業", "製造業"), ("https://a.jp", refused("no_option"))],
    "email": [("a@b.jp", refused("no_option")), ("it", "ＩＴ")],
    "phone": [("１", "1"), ("03-1", refused("no_option"))],
    "flag": [(True, "1"), (False, None)],
    "rows": [(("", "ＩＴ"), "ＩＴ"), (("製造業", "ＩＴ"), refused("several_values"))],
}
_LIST: dict[str, Cases | str] = {
    **{
        kind: cases
        if isinstance(cases, str)
        else [
            (value, sent if isinstance(sent, refused) else [sent] if sent is not None else [])
            for value, sent in cases
        ]
        for kind, cases in _OPTION.items()
    },
    "text": [
        ("ＩＴ、製造業", ["製造業", "ＩＴ"]),
        ("IT;ガラス\n製造業,", ["製造業", "ＩＴ", "ガラス"]),
        ("A,B", ["A,B"]),
        ("製造業、建設業", refused("no_option")),
    ],
    "long_text": [
        ("ＩＴ\r\n製造業\n", ["製造業", "ＩＴ"]),
        ("建設業\n製造業", refused("no_option")),
    ],
    "choices": [
        (("ガラス", "製造業", "ガラス", ""), ["製造業", "ガラス"]),
        (("製造業", "建設業"), refused("no_option")),
    ],
    "users": [
        ((UserRef(name="IT", email="", login=""),), ["ＩＴ"]),
        ((SATO,), refused("no_option")),
    ],
    "rows": [(("ＩＴ", "製造業"), ["製造業", "ＩＴ"])],
}  # fmt: skip

_CODES: dict[str, Cases | str] = {
    "text": [
        (" sales ", [{"code": "sales"}]),
        ("sales;marketing；sales", [{"code": "sales"}, {"code": "marketing"}]),
        ("営業部、本社", [{"code": "営業部"}, {"code": "本社"}]),
        ("\ufeffsales\u200b", [{"code": "sales"}]),
        ("A,B", [{"code": "A,B"}]),
        ("Sales", [{"code": "Sales"}]),
        (";", []),
        ("\ud800", refused("broken_character")),
    ],
    "long_text": [("sales\r\nmarketing\n", [{"code": "sales"}, {"code": "marketing"}])],
    "rich_text": "",
    "number": "",
    "date": "",
    "time": "",
    "datetime": "",
    "choice": [("sales", [{"code": "sales"}])],
    "choices": [(("b", "", "a", "b"), [{"code": "b"}, {"code": "a"}])],
    "user": "",
    "users": "",
    "url": "",
    "email": "",
    "phone": "",
    "flag": "",
    "rows": [(("a", "b;c"), [{"code": "a"}, {"code": "b"}, {"code": "c"}])],
}


def _because(cases: Mapping[str, Cases | str], reason: str) -> dict[str, Cases | str]:
    return {kind: found or reason for kind, found in cases.items()}


def _only(reason: str, **cases: Cases | str) -> dict[str, Cases | str]:
    return {**dict.fromkeys(_SINGLE, reason), **cases}


#: Type (of links: with protocol) → kind → cases or reason.
CELLS: Mapping[str, Mapping[str, Cases | str]] = {
    "SINGLE_LINE_TEXT": _SINGLE,
    "MULTI_LINE_TEXT": _SEVERAL,
    "RICH_TEXT": _RICH,
    "NUMBER": _only(
        "no_number",
        number=[
            (Decimal(1234567890123), "1234567890123"),
            (Decimal("0.10"), "0.1"),
            (Decimal("-0"), "0"),
            (Decimal("Infinity"), refused("not_a_number")),
            (Decimal("1E-40"), refused("too_many_digits")),
        ],
        flag=[(True, "1"), (False, "0")],
        phone="phone_digits",
        **_like_text(NUMBERS, "text", "long_text", "choice"),
    ),
    "DATE": _only(
        "no_day",
        date=[(date(2024, 1, 5), "2024-01-05"), (date(999, 1, 1), refused("date_out_of_range"))],
        datetime=[(NIGHT, "2024-01-05"), (NEW_YORK, "2024-07-01")],
        **_like_text(DATES, "text", "long_text", "choice"),
    ),
    "TIME": _only(
        "no_time",
        time=[(time(9, 5, 59, 999), "09:05"), (time(0, 0), "00:00")],
        datetime=[(NIGHT, "00:30")],
        **_like_text(TIMES, "text", "long_text", "choice"),
    ),
    "DATETIME": _only(
        "no_day",
        date=[(date(2024, 1, 5), "2024-01-04T15:00:00Z")],
        datetime=[
            (NIGHT, "2024-01-04T15:30:00Z"),
            (NIGHT.replace(tzinfo=None), "2024-01-04T06:30:00Z"),
            (datetime(999, 1, 1, tzinfo=UTC), refused("date_out_of_range")),
        ],
        **_like_text(MOMENTS, "text", "long_text", "choice"),
    ),
    "RADIO_BUTTON": _OPTION,
    "DROP_DOWN": _OPTION,
    "CHECK_BOX": _LIST,
    "MULTI_SELECT": _LIST,
    "USER_SELECT": _because(
        {
            **_CODES,
            "user": [
                (SATO, [{"code": "sato"}]),
                (MAIL_ONLY, [{"code": "suzuki@example.com"}]),
                (UserRef(name="佐藤", email="", login=" sato\u200b"), [{"code": "sato"}]),
                (NOBODY, refused("no_login")),
            ],
            "users": [
                ((MAIL_ONLY, SATO, SATO), [{"code": "suzuki@example.com"}, {"code": "sato"}]),
                ((SATO, NOBODY), refused("no_login")),
            ],
            "email": [("sato@example.com", [{"code": "sato@example.com"}])],
        },
        "no_person",
    ),
    "ORGANIZATION_SELECT": _because(_CODES, "no_organization"),
    "GROUP_SELECT": _because(_CODES, "no_group"),
    "LINK WEB": _only(
        "no_url",
        url=[
            ("www.example.co.jp", "https://www.example.co.jp"),
            ("例え.jp/会社", "https://例え.jp/会社"),
            ("ｈｔｔｐ：／／ａ．ｊｐ", "http://a.jp"),
            ("\ufeffhttps://a.jp\u200b", "https://a.jp"),
            ("https://web.archive.org/2020/https://a.jp", "https://web.archive.org/2020/https://a.jp"),
            *(
                (text, refused("not_a_url"))
                for text in ("なし", "ー", "a b.jp", "https://a.jp/b c", "https://a.jp\nhttps://b.jp",
                             "https://a.jp、https://b.jp", "http:/a.jp", "a@b.jp", "例え.日本",
                             "javascript:alert(1)", "https://")
            ),
            ("https://a.jp/\ud800", refused("broken_character")),
        ],
        **_like_text(
            [("a.jp", "https://a.jp"), ("http://b.jp", "http://b.jp"), ("x", refused("not_a_url"))],
            "text", "long_text", "choice",
        ),
    ),
    "LINK MAIL": _only(
        "no_email",
        email=[
            (" ａ＠ｅｘａｍｐｌｅ．ｃｏｍ ", "a@example.com"),
            ("mailto:a@b.jp", "a@b.jp"),
            ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
            ("日本@例え.jp", "日本@例え.jp"),
            *(
                (text, refused("not_an_email"))
                for text in ("a@b.jp, c@d.jp", "a@b.jp;c@d.jp", "a@b.jp、c@d.jp", "a@b.jp c@d.jp",
                             "a@b.jp\nc@d.jp", "山田 <a@b.jp>", "a@b.jp、", "なし", "ー", "@b.jp",
                             "a@")
            ),
            ("a@b.jp\ud800", refused("broken_character")),
        ],
        user=[(SATO, "sato@example.com"), (NOBODY, refused("not_an_email"))],
        users=[((SATO,), "sato@example.com"), ((SATO, MAIL_ONLY), refused("several_values"))],
        **_like_text(
            [("a@b.jp", "a@b.jp"), ("c@d.jp", "c@d.jp"), ("x", refused("not_an_email"))],
            "text", "long_text", "choice",
        ),
    ),
    "LINK CALL": _only(
        "no_phone",
        phone=[
            ("０３－１２３４－５６７８", "03-1234-5678"),
            ("０３ー１２３４ー５６７８", "03-1234-5678"),
            ("03−1234‐5678", "03-1234-5678"),
            ("(03)1234-5678", "(03)1234-5678"),
            ("+81 3-1234-5678", "+81 3-1234-5678"),
            ("TEL:03-1234-5678", "03-1234-5678"),
            ("tel 03-1234-5678 内線12", "03-1234-5678 内線12"),
            ("03-1234-5678（代表）", "03-1234-5678(代表)"),
            ("03-1234-5678\n090-1", "03-1234-5678 090-1"),
            ("オペレーター", refused("not_a_phone")),
            *((text, refused("not_a_phone")) for text in ("なし", "ー", "①②", "〇三")),
            ("03\ud800", refused("broken_character")),
        ],
        **_like_text(
            [("03-1", "03-1"), ("04-2", "04-2"), ("x", refused("not_a_phone"))],
            "text", "long_text", "choice",
        ),
    ),
}  # fmt: skip
