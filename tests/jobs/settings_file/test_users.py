"""Which kintone user each member is, in a settings file."""

import pytest
from django.core.management import CommandError

from common import clock
from crm.models import CustomItem
from integrations.kintone.values import KintonePerson
from integrations.models import Connection
from mapping.models import Mapping, UserTie
from mapping.user_ties import save, store_users
from tests.builders_crm import make_member
from tests.builders_mapping import form_answer
from tests.jobs.settings_file.conftest import FIELDS, SETTINGS


def settings_of(users: str) -> str:
    return f"version: 1\nconnections:\n  - name: 本番\n    subdomain: demo\n    users: {users}\n"


def ties() -> dict[str, str]:
    return dict(UserTie.objects.values_list("email", "code"))


@pytest.fixture
def members(environment) -> None:
    for email in ("sato@example.com", "suzuki@example.com"):
        make_member(email=email)


def test_members_are_tied_as_the_file_says_and_applying_again_changes_nothing(apply, members):
    text = settings_of("{Sato@Example.com: h.sato, suzuki@example.com: null}")
    apply(text)

    assert ties() == {"sato@example.com": "h.sato", "suzuki@example.com": ""}
    assert "対応" not in apply(text)


def test_a_change_is_shown_and_what_is_not_named_is_left_alone_but_for_prune(apply, members):
    apply(settings_of("{sato@example.com: h.sato, suzuki@example.com: null}"))

    said = apply(settings_of("{sato@example.com: sato2}"))

    assert "kintoneユーザーとの対応（sato@example.com）: h.sato → sato2" in said
    assert ties() == {"sato@example.com": "sato2", "suzuki@example.com": ""}
    said = apply(settings_of("{sato@example.com: sato2}"), "--prune")
    assert "（suzuki@example.com）: 送信しない → （なし）" in said
    assert ties() == {"sato@example.com": "sato2"}
    apply("version: 1\nconnections: [{name: 本番}]", "--prune")
    assert ties() == {"sato@example.com": "sato2"}, "a file without the list leaves it alone"


def test_the_plan_changes_nothing(apply, members):
    apply(settings_of("{sato@example.com: h.sato}"))

    assert "h.sato → 送信しない" in apply(settings_of("{sato@example.com: null}"), "--plan")

    assert ties() == {"sato@example.com": "h.sato"}


def test_a_member_who_is_not_there_is_told_of_and_tied_when_he_comes(apply, members):
    said = apply(settings_of("{tanaka@example.com: tanaka}"))

    assert "社員「tanaka@example.com」はまだ取り込まれていません。" in said
    assert ties() == {"tanaka@example.com": "tanaka"}
    make_member(email="Tanaka@example.com")
    assert "取り込まれていません" not in apply(settings_of("{tanaka@example.com: tanaka}"))


def test_a_login_name_that_kintone_does_not_have_is_told_of(apply, members):
    apply(settings_of("{}"))
    person = KintonePerson(code="h.sato", name="佐藤", email="", active=True)
    store_users(Connection.objects.get(), [person], now=clock.now())

    said = apply(settings_of("{sato@example.com: h.sato, suzuki@example.com: suzu}"))

    assert "有効なユーザー「suzu」がいません（suzuki@example.com）" in said
    assert "「h.sato」がいません" not in said


@pytest.mark.parametrize(
    ("users", "told"),
    [
        ("{sato: h.sato}", r"users\.sato: 名前に、社員のメールアドレスを"),
        ("{sato@example.com: ''}", "値を書いてください"),
        ("{sato@example.com: [a]}", "文字列を書いてください"),
        ("{sato@example.com: a, SATO@example.com: b}", "2回書かれています"),
        ("[sato@example.com]", "「名前: 値」の形で"),
        ("{sato@example.com: " + "x" * 129 + "}", "128文字以内"),
    ],
)
def test_a_mistake_changes_nothing_and_is_told_with_its_place(apply, members, users, told):
    with pytest.raises(CommandError, match=told):
        apply(settings_of(users))

    assert not Connection.objects.exists()


def test_ties_come_back_from_an_exported_file(apply, export, text, members, app):
    apply(text)
    save(Connection.objects.get(), {"sato@example.com": "h.sato", "suzuki@example.com": ""})
    first = export()
    assert "users:\n      sato@example.com: h.sato\n      suzuki@example.com: null\n" in first
    Connection.objects.all().delete()
    CustomItem.objects.all().delete()

    apply(first)

    assert export() == first


def test_another_tie_has_the_records_looked_at_again(apply, kintone, members):
    owner = {"type": "USER_SELECT", "label": "担当"}
    fields = form_answer({**FIELDS, "owner": owner})["properties"]
    app = kintone.add_app("顧客リスト", fields)
    text = SETTINGS.format(app=app).replace("origin: {fixed: CRM}", "owner: owner")
    apply(text)
    version = Mapping.objects.get().version

    apply(text + "    users: {sato@example.com: h.sato}\n")

    assert Mapping.objects.get().version == version + 1
