"""Writing the settings file, to be applied elsewhere."""

from crm.models import CustomItem
from integrations.models import Connection


def test_what_is_exported_and_applied_to_an_empty_database_is_exported_the_same(
    apply, text, export, monkeypatch
):
    for name in ("TOKEN_1", "TOKEN_2", "BASIC", "CERTIFICATE"):
        monkeypatch.setenv(name, f"secret of {name}".replace(" ", "-"))
    apply(text)
    apply("""\
version: 1
connections:
  - name: 予備
    subdomain: other
    domain: kintone.com
    auth:
      tokens: [{env: TOKEN_1}, {env: TOKEN_2}]
      basic: {user: basic, password: {env: BASIC}}
      certificate: {file: /etc/client.pem, password: {env: CERTIFICATE}}
""")
    first = export()
    Connection.objects.all().delete()
    CustomItem.objects.all().delete()

    apply(first)

    assert export() == first
    assert "secret" not in first
    assert "sync-password" not in first
    assert first.startswith(
        "version: 1\naccess_mode: groups\ncustom_items:\n  company:\n    - key: rank\n"
    )
    assert "password:\n        env: KINTONE_PASSWORD\n" in first


def test_secrets_typed_on_screen_are_exported_under_names_of_their_own(export):
    for name, subdomain in (("本番", "alpha"), ("予備", "alpha"), ("Test kintone", "beta")):
        Connection.objects.create(name=name, subdomain=subdomain, login="sync", password="x")

    names = [line.split()[-1] for line in export().splitlines() if "env:" in line]

    assert names == [
        "KINTONE_PASSWORD_ALPHA",
        "KINTONE_PASSWORD_ALPHA_2",
        "KINTONE_PASSWORD_TEST_KINTONE",
    ]
