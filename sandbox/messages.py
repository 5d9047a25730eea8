"""kintone's wordings in Japanese and English; what is worded here stands in kintone-api.md §4."""

from dataclasses import dataclass, field
from typing import Any

#: Key → (Japanese, English).
TEXTS: dict[str, tuple[str, str]] = {
    "required": ("必須です。", "Required."),
    "missing_parameter": ("必須です。", "Required field."),
    "at_least_one": ("最小でも1以上です。", "must be greater than or equal to 1"),
    "not_an_integer": ("整数値を指定してください。", "Enter an integer value."),
    "not_a_boolean": ("真偽値を指定してください。", "must be boolean."),
    "at_most": ("最大でも{limit}以下です。", "must be less than or equal to {limit}"),
    "bad_query": ("クエリ記法が間違っています。", "unsupported query format"),
    "delete_one_to_hundred": (
        "一度に1件から100件までのレコードを削除できます。",
        "Between 1 and 100 records can be deleted at one time.",
    ),
    "add_at_most_hundred": (
        "一度に100件までのレコードを追加できます。",
        "A maximum of 100 records can be added at one time.",
    ),
    "update_at_most_hundred": (
        "一度に100件までのレコードを更新できます。",
        "A maximum of 100 records can be updated at one time.",
    ),
    "at_most_twenty_requests": (
        "一度に20件までのリクエストを実行できます。",
        "A maximum of 20 requests can be run at one time.",
    ),
    "id_or_update_key": (
        "idとupdateKeyは同時に指定できません。",
        "id and updateKey cannot be specified at the same time.",
    ),
    "update_key_in_record": (
        "updateKeyに指定したフィールドの値は、recordに指定できません。",
        "The field specified as updateKey cannot be specified in record.",
    ),
    "unique": (
        "値がほかのレコードと重複しています。",
        "This value already exists in another record.",
    ),
    "too_long": (
        "{limit}文字より短くなければなりません。",
        "Enter less than {limit} characters.",
    ),
    "too_short": (
        "{limit}文字より長くなければなりません。",
        "Enter more than {limit} characters.",
    ),
    "not_a_number": ("数字でなければなりません。", "Only numbers are allowed."),
    "too_large": ("{limit}以下である必要があります。", "The value must be {limit} or less."),
    "too_small": ("{limit}以上である必要があります。", "The value must be {limit} or more."),
    "too_many_digits": (
        "有効桁数は{digits}桁以内である必要があります。",
        "The number of significant digits must be {digits} or less.",
    ),
    "no_option": ('"{value}"は選択肢にありません。', 'The value, "{value}", is not in options.'),
    "not_a_date": ("日付の形式が正しくありません。", "The date format is incorrect."),
    "not_a_time": ("時刻の形式が正しくありません。", "The time format is incorrect."),
    "not_a_datetime": ("日時の形式が正しくありません。", "The date and time format is incorrect."),
    "not_a_url": ("URLの形式が正しくありません。", "The URL format is incorrect."),
    "not_an_address": (
        "メールアドレスの形式が正しくありません。",
        "The e-mail address format is incorrect.",
    ),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One wording with its parameters, worded when the language of the reader is known."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The wording in `language` ("ja" or "en")."""
        japanese, english = TEXTS[self.key]
        return (english if language == "en" else japanese).format(**self.params)
