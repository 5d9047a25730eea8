"""What is wrong with a settings file is told by line, all of it at once, in words."""

from typing import Any

import pytest

from common.types import Kind, RecordType
from jobs.settings_file.document import SettingsFileError
from jobs.settings_file.schema import parse
from jobs.settings_file.specs import ABSENT
from mapping.rulespec import RuleSpec, WhenEmpty

WHOLE = """\
version: 1
custom_items:
  company:
    - {key: securities_code, label: 証券コード, kind: text}
connections:
  - name: 本番
    subdomain: example
    domain: cybozu.com
    auth: {login: sync, password: {env: KINTONE_PASSWORD}}
    schedule: 5m
    sync_user: sato@example.com
    notify: [ops@example.com]
    mappings:
      - record_type: company
        app: 1
        guest_space: null
        daily_requests: 5000
        update_key: corporate_number
        enabled: true
        rules:
          corporate_number: corporate_number
          name: name
          証券コード: custom.securities_code
          ランク: {source: custom.rank, values: {上: A, 中: B}, empty: keep}
          氏名: {template: "{family_name} {first_name}"}
          取込元: {fixed: CRM}
          タグ: {source: tags, table: タグ一覧, keep_rows: true}
"""
ENVIRONMENT = {"KINTONE_PASSWORD": "very secret", "TOKEN": "abc"}


def read(text: str) -> Any:
    """The file's meaning; every part that a test asks for is known to be there."""
    return parse(text, environment=ENVIRONMENT)


def problems_of(text: str) -> list[str]:
    with pytest.raises(SettingsFileError) as refused:
        parse(text, environment=ENVIRONMENT)
    return [str(problem) for problem in refused.value.problems]


def in_connection(lines: str) -> str:
    return f"version: 1\nconnections:\n  - name: 本番\n    {lines}\n"


def in_mapping(lines: str) -> str:
    return in_connection(
        "subdomain: example\n    mappings:\n      - record_type: company\n"
        f"        app: 1\n        {lines}"
    )


def test_the_documented_example_says_what_it_says():
    settings = read(WHOLE)

    (item,) = settings.custom_items[RecordType.COMPANY]
    assert (item.key, item.label, item.kind) == ("securities_code", "証券コード", Kind.TEXT)
    (connection,) = settings.connections
    assert (connection.name, connection.subdomain, connection.interval) == ("本番", "example", "5m")
    assert connection.auth.password.value == "very secret"
    assert connection.notify == ("ops@example.com",)
    (mapping,) = connection.mappings
    assert (mapping.record_type, mapping.app, mapping.guest_space) == ("company", 1, None)
    assert mapping.enabled is True
    rules = {name: entry.spec for name, entry in mapping.rules.items()}
    assert rules["name"] == RuleSpec(field="name", source="name")
    assert rules["ランク"] == RuleSpec(
        field="ランク",
        source="custom.rank",
        values={"上": "A", "中": "B"},
        empty=WhenEmpty.KEEP,
    )
    assert rules["氏名"] == RuleSpec(field="氏名", template="{family_name} {first_name}")
    assert rules["取込元"] == RuleSpec(field="取込元", fixed="CRM")
    assert rules["タグ一覧.タグ"] == RuleSpec(
        field="タグ", table="タグ一覧", source="tags", keep_rows=True
    )


def test_what_is_left_out_is_known_to_be_left_out():
    settings = read(in_connection("subdomain: example"))

    assert settings.custom_items is ABSENT
    connection = settings.connections[0]
    assert connection.auth is connection.notify is connection.mappings is ABSENT


def test_a_secret_never_shows_in_what_was_read():
    assert "very secret" not in repr(read(WHOLE))


@pytest.mark.parametrize(
    ("written", "sent"),
    [("no", "no"), ("007", "007"), ("2026-11-22", "2026-11-22"), ("1.50", "1.50"), ('""', "")],
)
def test_values_stay_as_they_are_written(written, sent):
    text = in_mapping(f"rules: {{f: {{source: name, values: {{yes: {written}}}}}}}")

    (mapping,) = read(text).connections[0].mappings

    assert mapping.rules["f"].spec.values == {"yes": sent}


@pytest.mark.parametrize(
    ("written", "empty", "value"),
    [
        ("clear", WhenEmpty.CLEAR, ""),
        ("keep", WhenEmpty.KEEP, ""),
        ("未設定", WhenEmpty.FIXED, "未設定"),
        ("{fixed: keep}", WhenEmpty.FIXED, "keep"),
        ("null", WhenEmpty.CLEAR, ""),
    ],
)
def test_an_empty_value_is_cleared_kept_or_filled(written, empty, value):
    text = in_mapping(f"rules: {{f: {{source: name, empty: {written}}}}}")

    (mapping,) = read(text).connections[0].mappings

    spec = mapping.rules["f"].spec
    assert (spec.empty, spec.empty_value) == (empty, value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ファイルが空です"),
        ("version: 1\nconnections: [", "2行目: YAMLとして読み込めません"),
        ("version: 2", "1行目 version: 「2」は使えません"),
        ("connections: []", "「version」を書いてください"),
        ("version: 1\nconection: []", "「connections」ではありませんか"),
        ("- 1", "「名前: 値」の形で"),
        ("version: 1\nversion: 1", "2行目 version: 「version」が2回書かれています"),
        ("version: 1\nconnections: 3", "2行目 connections: 「- 値」を並べた一覧"),
        ("version: 1\nconnections:\n  - subdomain: a", "「name」を書いてください"),
        (in_connection("subdomain: https://x"), "4行目 connections[0].subdomain:"),
        (in_connection("domain: cybozu.jp"), "使えるのはcybozu.com、kintone.com、cybozu.cnです"),
        (in_connection("schedule: 10m"), "使えるのは5m、30m、1h、3h、6h、12h、24h"),
        (in_connection("schedule:"), "値を書いてください"),
        (in_connection("notify: [ops]"), "notify[0]: メールアドレスを"),
        (in_connection("notify: ops@example.com"), "一覧で書いてください"),
        (in_connection("sync_user: sato"), "メールアドレスを"),
        (in_connection("auth: {login: a}"), "login と password は両方"),
        (in_connection("auth: {login: a, password: b}"), "環境変数の名前を"),
        (
            in_connection("auth: {login: a, password: {env: MISSING}}"),
            "4行目 connections[0].auth.password.env: 環境変数「MISSING」が設定されていません",
        ),
        (
            in_connection("auth: {login: a, password: {env: TOKEN}, tokens: [{env: TOKEN}]}"),
            "どちらか",
        ),
        (in_connection("auth: {basic: {user: a}}"), "「password」を書いてください"),
        (in_mapping("update_kye: a"), "「update_key」ではありませんか"),
        (in_mapping("guest_space: 0"), "1以上の整数"),
        (in_mapping("daily_requests: many"), "1以上の整数"),
        (in_mapping("enabled: 有効"), "true または false"),
        (in_mapping("rules: [name]"), "「名前: 値」の形で"),
        (in_mapping("rules: {name: }"), "値を書いてください"),
        (in_mapping("rules: {name: {source: a, fixed: b}}"), "のうち1つだけ"),
        (in_mapping("rules: {name: {empty: keep}}"), "のうち1つだけ"),
        (in_mapping("rules: {name: name, name: address}"), "8行目"),
        (
            "version: 1\ncustom_items: {company: [{key: 証券, label: a, kind: text}]}",
            "半角の英小文字で始め",
        ),
        ("version: 1\ncustom_items: {firm: []}", "「firm」は使えません"),
    ],
)
def test_each_mistake_is_named_with_its_place(text, told):
    assert any(told in problem for problem in problems_of(text)), problems_of(text)


def test_the_app_must_be_a_number_not_an_address():
    text = in_mapping("guest_space: null").replace("app: 1", "app: https://x.cybozu.com/k/1/")

    assert "connections[0].mappings[0].app: 1以上の整数" in problems_of(text)[0]


def test_things_named_twice_are_refused():
    twice = WHOLE.replace("connections:", "connections:\n  - {name: 本番, subdomain: a}")

    assert "「本番」が2回書かれています" in problems_of(twice)[0]


def test_all_mistakes_are_told_at_once():
    text = in_connection("schedule: 10m\n    domain: x\n    notify: [a]")

    assert len(problems_of(text)) == 3


def test_a_value_that_contains_itself_is_refused():
    assert "入れ子が深すぎます" in problems_of("version: 1\nconnections: &a [*a]")[0]


def test_shared_parts_of_yaml_may_be_used():
    text = """\
version: 1
connections:
  - &first {name: A, subdomain: a, schedule: 1h}
  - &second {<<: *first, name: B}
  - {<<: *second, name: C}
"""
    first, second, third = read(text).connections

    assert (second.name, second.subdomain, second.interval) == ("B", "a", "1h")
    assert (first.name, third.name, third.subdomain) == ("A", "C", "a")
