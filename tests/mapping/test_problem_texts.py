"""Every problem is told in words that say what happened and what to do."""

import re

import pytest

from common.problems import Problem
from integrations.kintone.errors import ConfigReason
from mapping.labels import NOTES
from mapping.problem_texts import DUPLICATE_MESSAGES, describe, remedy
from mapping.words import DRIFT, MAPPING, REFUSALS, REMEDIES, RUNS, VALUES

TABLES = (VALUES, MAPPING, DRIFT, RUNS, REFUSALS)
ALL_WORDS = [entry for table in TABLES for entry in table.items()]

#: Words that the screens do not use (ux.md §2.1, rule 15).
UNWANTED = re.compile(
    r"インポート|エクスポート|リトライ|同期|プッシュ|クリック|タップ|不正な|無効な値|を行う|フォーマット"
)


@pytest.mark.parametrize(("code", "words"), ALL_WORDS)
def test_every_text_reads_as_a_heading_and_sentences(code, words):
    bodies = [str(words.body), *([str(words.without)] if words.without else [])]

    assert not str(words.heading).endswith("。")
    for body in bodies:
        assert body.endswith(("。", ")s"))
    assert not UNWANTED.search("".join([str(words.heading), *bodies]))
    assert not re.search(r"[ｦ-ﾟ()?!]", re.sub(r"%\(\w+\)s", "", "".join(bodies)))


@pytest.mark.parametrize("note", [str(note) for note in NOTES.values()])
def test_every_note_is_a_sentence(note):
    assert note.endswith("。")


@pytest.mark.parametrize("reason", ConfigReason)
def test_every_reason_to_change_the_settings_has_words(reason):
    text = describe(Problem(code=f"kintone_config.{reason.value}"))

    assert text.heading != "想定外の問題が起きました"
    assert "%(" not in text.body


@pytest.mark.parametrize(
    "code",
    [
        "kintone_down", "kintone_protocol", "budget", "sync_user_missing", "sync_user_disabled",
        "form_mismatch", "lost", "internal", "canceled", "rules_changed",
        "plan_outdated", "preview_budget",
        "empty_key", "key_taken", "value_taken", "value_held",
        "key_waits", "not_visible", "kintone", "records_failed",
    ],
)  # fmt: skip
def test_every_code_of_a_run_and_of_a_record_has_words_even_without_details(code):
    text = describe(Problem(code=code))

    assert text.heading != "想定外の問題が起きました"
    assert "%(" not in text.body


def test_a_value_that_is_no_option_names_value_type_and_field():
    text = describe(
        Problem(
            code="no_option",
            field="gyoshu",
            value="情報・通信業",
            params={"label": "業種", "type": "DROP_DOWN"},
        )
    )

    assert text.heading == "値が選択肢にありません"
    assert text.body == (
        "「情報・通信業」は、ドロップダウン「業種」の選択肢にありません。値の変換表で選択肢に"
        "置き換えるか、kintoneに選択肢を追加して［読み込み］を押してください。"
    )


def test_a_percent_sign_in_a_value_stays_one():
    text = describe(Problem(code="not_a_number", field="rate", value="50%(half)s"))

    assert "「50%(half)s」は" in text.body


def test_a_key_conflict_names_both_records():
    text = describe(
        Problem(
            code="key_taken",
            params={
                "label": "株式会社青葉商事", "id": 7, "other_label": "青葉商事株式会社",
                "other_id": 3, "key": "1234567890123",
            },
        )
    )  # fmt: skip

    assert "「株式会社青葉商事」と「青葉商事株式会社」" in text.body
    assert "kintoneには「青葉商事株式会社」だけを連携しています。" in text.body


def test_what_kintone_refused_is_told_in_its_own_words_with_the_evidence_apart():
    text = describe(
        Problem(
            code="kintone",
            field="tel",
            params={
                "code": "CB_VA01",
                "message": "100以下である必要があります。",
                "error_id": "x1",
            },
        )
    )

    assert text.body == "「tel」：100以下である必要があります。値を修正してください。"
    assert text.detail == "CB_VA01 / 100以下である必要があります。 / x1"


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        ("GAIA_LO04", "ルックアップのコピー元がありません"),
        ("GAIA_IL26", "kintoneにユーザーがいません"),
        ("GAIA_IL28", "kintoneに組織またはグループがありません"),
        ("GAIA_XX99", "kintoneがデータを受け付けませんでした"),
    ],
)
def test_refusals_that_we_know_are_explained_and_others_quoted(code, heading):
    text = describe(Problem(code="kintone", params={"code": code, "message": "だめです"}))

    assert text.heading == heading
    assert code in text.detail


def test_a_missing_parent_is_named_with_what_to_do():
    params = {"code": "GAIA_LO04", "message": "…", "label": "会社", "parent": "青葉（C-7）"}

    text = describe(Problem(code="kintone", field="company", params=params))

    assert text.heading == "ルックアップのコピー元がありません"
    assert text.body.startswith("「会社」の「青葉（C-7）」が、関連付けるアプリにないか、")


def test_a_held_run_says_when_it_goes_on_in_japan_time():
    text = describe(Problem(code="budget", params={"resume_at": "2026-11-22T15:00:00+00:00"}))

    assert "11月23日（月）0:00（日本時間）に自動で再開します。" in text.body


def test_a_code_that_nobody_wrote_words_for_still_says_what_to_do():
    text = describe(Problem(code="moon_phase"))

    assert "「moon_phase」" in text.body
    assert text.body.endswith("連絡してください。")


@pytest.mark.parametrize("code", [*VALUES, *(f"kintone.{code}" for code in REFUSALS)])
def test_every_reason_that_records_fail_for_has_a_remedy_for_all_of_them(code):
    assert str(REMEDIES[code]).endswith("。")
    assert not UNWANTED.search(str(REMEDIES[code]))
    # A value differs from record to record.
    assert "%(value)s" not in str(REMEDIES[code])


def test_a_remedy_names_the_field_and_its_limit():
    params: dict[str, str | int] = {"label": "備考", "max": 30, "length": 41}

    text = remedy(Problem(code="too_long", field="note", value="…", params=params))

    assert text == (
        "kintoneで「備考」の最大文字数を増やして［読み込み］を押すか、"
        "データの値を30文字以内に短くしてください。"
    )


@pytest.mark.parametrize("message", DUPLICATE_MESSAGES)
def test_a_value_that_another_record_holds_is_told_in_our_own_words(message):
    params = {"label": "電話番号", "code": "CB_VA01", "message": message, "error_id": "x1"}
    problem = Problem(code="kintone", field="tel", value="03-1111-1111", params=params)

    text = describe(problem)

    assert text.heading == "値がkintoneのほかのレコードと重複しています"
    assert "「03-1111-1111」はkintoneのほかのレコードにもあります。" in text.body
    assert message not in text.body
    assert text.detail == f"CB_VA01 / {message} / x1"
    assert "「電話番号」の［値の重複を禁止する］を外して" in remedy(problem)


def test_a_code_that_we_do_not_know_has_a_remedy_too():
    assert remedy(Problem(code="kintone", params={"code": "GAIA_XX99"})).endswith("ください。")
    assert remedy(Problem(code="moon_phase")) == ""
