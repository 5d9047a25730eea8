"""The words of the catalogue: both languages keep to what was agreed on how hpsync speaks."""

import re
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = polib.pofile(str(ROOT / "locale/en/LC_MESSAGES/django.po"))

JAPANESE = [text for entry in CATALOGUE for text in {entry.msgid, entry.msgid_plural} if text]
#: (Japanese, its English).
PAIRS = [
    (entry.msgid, text)
    for entry in CATALOGUE
    for text in (entry.msgstr, *entry.msgstr_plural.values())
    if text
]

#: Said instead: 押す, 取り込む, 書き出す, 再試行, 連携, 形式, サンプル, 〜する, できる.
AVOIDED = re.compile(
    "クリック|タップ|インポート|エクスポート|リトライ|同期|プッシュ|フォーマット|ダミー|遷移"
    "|不正|無効な値|を行[いうっわ]|が行われ|することができ|恐れ入り|いただ|エラーが発生しました"
    "|出来|下さい|全て|分かる|紐付"
    "|ブラウザー|フォルダー|フィルタ(?!ー)|サーバ(?!ー)|ユーザ(?!ー)|カテゴリ(?!ー)"
)
#: The original product's own words, which its users know.
ORIGINAL = {"%(type)s情報の連携を行う", "正常に処理が行われました。"}

KANA_OR_KANJI = "ぁ-ヿ一-鿿"
#: Half-width kana; half-width brackets around or beside Japanese; numbers in circles.
HALF_WIDTH = re.compile(f"[｡-ﾟ①-⑳]|[{KANA_OR_KANJI}][()]|[()][{KANA_OR_KANJI}]")

ANY_JAPANESE = re.compile(f"[{KANA_OR_KANJI}]")
#: Values that are sent to kintone as they stand, quoted.
SENT_AS_THEY_ARE = {"「はい」「いいえ」に変換します。"}

NOT_SAID = re.compile(r"\b(?i:please|sorry|invalid|click)\b|Kintone|[［］「」（）]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


def test_japanese_words_are_the_agreed_ones() -> None:
    assert [text for text in JAPANESE if AVOIDED.search(text) and text not in ORIGINAL] == []


def test_japanese_is_set_in_full_width() -> None:
    assert [text for text in JAPANESE if HALF_WIDTH.search(text)] == []


def test_english_holds_no_japanese() -> None:
    left = [english for japanese, english in PAIRS if japanese not in SENT_AS_THEY_ARE]

    assert [english for english in left if ANY_JAPANESE.search(english)] == []


def test_english_neither_begs_nor_blames_and_writes_kintone_small() -> None:
    assert [english for _japanese, english in PAIRS if NOT_SAID.search(english)] == []


def test_english_says_every_value_that_japanese_says() -> None:
    assert [pair for pair in PAIRS if len({_values(text) for text in pair}) > 1] == []


def _values(text: str) -> tuple[str, ...]:
    """The placeholders in it."""
    return tuple(sorted(PLACEHOLDER.findall(text)))


def test_one_word_of_the_glossary_stands_for_one_thing() -> None:
    english = {entry.msgid: entry.msgstr for entry in CATALOGUE if not entry.msgctxt}

    agreed = {
        "接続": "Connection",
        "対象データ": "Record type",
        "項目のマッピング": "Field mapping",
        "更新キー": "Update key",
        "実行スケジュール": "Schedule",
        "連携ユーザー": "Sync user",
        "通知先メールアドレス": "Notification addresses",
        "読み込み": "Load",
        "連携テスト": "Test sync",
        "登録": "Apply",
        "値の変換表": "Value table",
        "データ処理状況一覧": "Processing status",
        "種別": "Trigger",
        "全件連携": "First load",
        "再実行": "Retry",
        "エラーのデータ": "Failed records",
        "文字列（1行）": "Text",
        "ドロップダウン": "Drop-down",
        "営業担当者": "Owner",
        "保留": "Held",
        "遅れ": "Behind",
    }
    assert {word: english[word] for word in agreed} == agreed
