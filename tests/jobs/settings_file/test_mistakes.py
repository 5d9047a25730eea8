"""A file that cannot be applied changes nothing and says why."""

import pytest
from django.core.management import CommandError, call_command

from crm.models import CustomItem
from integrations.models import Connection


@pytest.mark.parametrize(
    ("given", "instead", "told"),
    [
        ("name: name\n", "name: nmae\n", "22行目"),
        ("{pref} {address}", "{pref} {adress}", "「address」ではありませんか"),
        ("origin: {fixed: CRM}", "gone: {fixed: CRM}", "gone"),
        ("place: {template", "name_2: name\n          place: {template", "name"),
        ("update_key: code", "update_key: name", "name"),
        ("{env: KINTONE_PASSWORD}", "{env: NOT_THERE}", "環境変数「NOT_THERE」"),
        ("kind: choice", "kind: chioce", "使えるのはtext、"),
    ],
)
def test_a_bad_file_changes_nothing(apply, text, given, instead, told):
    assert given in text

    with pytest.raises(CommandError) as refused:
        apply(text.replace(given, instead))

    assert "何も変更していません" in str(refused.value)
    assert told in str(refused.value)
    assert not Connection.objects.exists()
    assert not CustomItem.objects.exists()


def test_a_custom_item_keeps_its_kind(apply, text):
    apply(text)

    with pytest.raises(CommandError) as refused:
        apply(text.replace("kind: choice", "kind: text"))

    assert "種類は後から変更できません" in str(refused.value)


def test_enabling_needs_a_key_and_rules(apply, app):
    with pytest.raises(CommandError) as refused:
        apply(
            "version: 1\nconnections: [{name: A, subdomain: demo, mappings: "
            f"[{{record_type: company, app: {app}, enabled: true}}]}}]"
        )

    assert "update_key と rules を" in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path, db):
    with pytest.raises(CommandError, match="開けません"):
        call_command("settings_apply", str(tmp_path / "missing.yaml"))
    (tmp_path / "sjis.yaml").write_bytes("version: 1 # 設定".encode("cp932"))
    with pytest.raises(CommandError, match="UTF-8ではありません"):
        call_command("settings_apply", str(tmp_path / "sjis.yaml"))
