"""The tenant that data is pulled from, in a settings file."""

import pytest
from django.core.management import CommandError

from pulls.models import Tenant

TEXT = """\
version: 1
hotprofile:
  host: example.hotprofile.biz
  api_key: {env: HP_KEY}
  notify: [ops@example.com]
"""


@pytest.fixture(autouse=True)
def key(environment, monkeypatch):
    monkeypatch.setenv("HP_KEY", "the-key")


def test_the_tenant_becomes_what_the_file_says_and_applying_again_changes_nothing(apply):
    assert "ホットプロファイル連携元「example.hotprofile.biz」" in apply(TEXT)

    tenant = Tenant.objects.get()
    assert (tenant.host, tenant.api_key, tenant.enabled) == (
        "example.hotprofile.biz",
        "the-key",
        True,
    )
    assert tenant.notify == ["ops@example.com"]
    assert "ホットプロファイル" not in apply(TEXT)


def test_what_is_absent_is_left_alone(apply):
    apply(TEXT)

    said = apply("version: 1\nhotprofile: {enabled: false}\n")

    assert "有効 → 無効" in said
    tenant = Tenant.objects.get()
    assert (tenant.api_key, tenant.notify) == ("the-key", ["ops@example.com"])


def test_a_key_goes_to_no_other_host_than_it_was_given_for(apply):
    apply(TEXT)

    with pytest.raises(CommandError, match="api_key"):
        apply("version: 1\nhotprofile: {host: other.hotprofile.biz}\n")

    assert Tenant.objects.get().host == "example.hotprofile.biz"


@pytest.mark.parametrize("host", ["evil.example.com", "hotprofile.biz.example.com"])
def test_a_host_that_is_not_the_vendor_s_is_refused_with_its_line(apply, host):
    with pytest.raises(CommandError, match=r"3.*hotprofile\.host"):
        apply(TEXT.replace("example.hotprofile.biz", host))

    assert not Tenant.objects.exists()


def test_it_is_exported_as_it_was_applied_without_the_key(apply, export):
    apply(TEXT)

    exported = export()

    assert "api_key:\n    env: HP_KEY" in exported
    assert "the-key" not in exported
    Tenant.objects.all().delete()
    apply(exported)
    assert export() == exported
