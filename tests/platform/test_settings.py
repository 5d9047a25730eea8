"""The environment, as `hpsync.settings` reads it: each case in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "dGhlIHRlc3RzIGtub3cgdGhpcyBrZXkgdG9vLCBva2E="
STACK = {
    "DATABASE_URL": "postgres://hpsync:database-word@db/hpsync",
    "CELERY_BROKER_URL": "redis://:broker-word@redis:6379/0",
}
SECRETS = {"SECRET_KEY": "x" * 60 + "0123456789", "CREDENTIAL_KEYS": KEY}

READ = """
import json, sys
import django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))
"""


def run(*arguments: str, var_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of ours in an environment that says nothing but this."""
    clean = {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, "DJANGO_SETTINGS_MODULE": "hpsync.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def read(*names: str, var_dir: Path, **environment: str) -> dict[str, Any]:
    """The settings of these names."""
    answer = run("-c", READ, *names, var_dir=var_dir, **environment)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_nothing_need_be_said_for_one_machine(tmp_path: Path) -> None:
    found = read(
        *("DATABASES", "CELERY_BROKER_URL", "KINTONE_URL_TEMPLATE", "EMAIL_FILE_PATH"),
        *("ALLOWED_HOSTS", "DEBUG", "LANGUAGE_CODE", "TIME_ZONE", "SESSION_COOKIE_SECURE"),
        var_dir=tmp_path,
    )
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "hpsync.sqlite3")
    assert found["CELERY_BROKER_URL"] == f"redis+socket://{tmp_path}/broker.sock?virtual_host=0"
    assert found["KINTONE_URL_TEMPLATE"] == "https://{subdomain}.{domain}"
    assert found["EMAIL_FILE_PATH"] == str(tmp_path / "mail")
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert (found["DEBUG"], found["SESSION_COOKIE_SECURE"]) == (False, False)
    assert (found["LANGUAGE_CODE"], found["TIME_ZONE"]) == ("ja", "Asia/Tokyo")


def test_processes_share_a_cache_in_the_broker(tmp_path: Path) -> None:
    embedded = read("CACHES", var_dir=tmp_path)["CACHES"]["default"]
    assert embedded["LOCATION"] == f"unix://{tmp_path}/broker.sock?db=0"
    stack = read("CACHES", var_dir=tmp_path, **STACK, **SECRETS)["CACHES"]["default"]
    assert stack["LOCATION"] == STACK["CELERY_BROKER_URL"]
    assert embedded["BACKEND"] == stack["BACKEND"] == "django.core.cache.backends.redis.RedisCache"


def test_variables_that_are_set_to_nothing_mean_the_default(tmp_path: Path) -> None:
    names = ("DATABASE_URL", "CELERY_BROKER_URL", "KINTONE_URL_TEMPLATE", "EMAIL_URL", "SECRET_KEY")
    empty = dict.fromkeys(names, "")
    assert read("EMAIL_FILE_PATH", var_dir=tmp_path, **empty)["EMAIL_FILE_PATH"]


def test_secrets_of_one_machine_stay_the_same(tmp_path: Path) -> None:
    first = read("SECRET_KEY", "CREDENTIAL_KEYS", var_dir=tmp_path)
    assert read("SECRET_KEY", "CREDENTIAL_KEYS", var_dir=tmp_path) == first
    other = read("SECRET_KEY", "CREDENTIAL_KEYS", var_dir=tmp_path / "other")
    assert other["SECRET_KEY"] != first["SECRET_KEY"]
    assert other["CREDENTIAL_KEYS"] != first["CREDENTIAL_KEYS"]


@pytest.mark.parametrize("shared", STACK)
@pytest.mark.parametrize("given", [{}, *({name: SECRETS[name]} for name in SECRETS)])
def test_machines_that_share_something_must_be_told_their_secrets(
    tmp_path: Path, shared: str, given: dict[str, str]
) -> None:
    answer = run(*("-c", READ, "SECRET_KEY"), var_dir=tmp_path, **given, **{shared: STACK[shared]})
    assert answer.returncode != 0
    assert "SECRET_KEY and CREDENTIAL_KEYS are required" in answer.stderr
    assert list(tmp_path.glob("*_key")) == []


def test_a_credential_key_that_is_none_is_said_so_at_the_start(tmp_path: Path) -> None:
    answer = run("-c", READ, "DEBUG", var_dir=tmp_path, CREDENTIAL_KEYS="not-a-key")
    assert "CREDENTIAL_KEYS holds something that is no key" in answer.stderr
    assert "not-a-key" not in answer.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "template",
    ["http://kintone.example.com", "http://{subdomain}.{domain}", "https://{tenant}.example.com"],
)
def test_an_address_of_kintone_that_will_not_do_is_refused(tmp_path: Path, template: str) -> None:
    answer = run("-c", READ, "DEBUG", var_dir=tmp_path, KINTONE_URL_TEMPLATE=template)
    assert "ImproperlyConfigured: KINTONE_URL_TEMPLATE" in answer.stderr


def test_a_command_beside_the_running_product_finds_the_same_sandbox(tmp_path: Path) -> None:
    (tmp_path / "kintone_url_template").write_text("http://127.0.0.1:8805/{subdomain}")
    (tmp_path / "public_url").write_text("http://127.0.0.1:8009")
    found = read("KINTONE_URL_TEMPLATE", "PUBLIC_URL", var_dir=tmp_path)
    assert found["KINTONE_URL_TEMPLATE"] == "http://127.0.0.1:8805/{subdomain}"
    assert found["PUBLIC_URL"] == "http://127.0.0.1:8009"


def test_in_production_what_a_demo_left_behind_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "kintone_url_template").write_text("http://127.0.0.1:8805/{subdomain}")
    found = read("KINTONE_URL_TEMPLATE", var_dir=tmp_path, **STACK, **SECRETS)
    assert found["KINTONE_URL_TEMPLATE"] == "https://{subdomain}.{domain}"


SECURE = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
HTTPS_ADDRESS = {"PUBLIC_URL": "https://hpsync.example.com"}


def secure(var_dir: Path, **environment: str) -> set[bool]:
    """Whether https alone is answered and cookies kept to it: one value if both go together."""
    found = read(*SECURE, var_dir=var_dir, **STACK, **SECRETS, **environment)
    return {bool(found[name]) for name in SECURE}


@pytest.mark.parametrize("address", ["", "http://hpsync.example.com"])
def test_the_variables_of_the_stack_alone_are_answered_on_plain_http(
    tmp_path: Path, address: str
) -> None:
    assert secure(tmp_path, PUBLIC_URL=address) == {False}


@pytest.mark.parametrize("address", ["https://hpsync.example.com", "HTTPS://hpsync.example.com/"])
def test_a_public_address_of_https_is_served_over_https_alone(tmp_path: Path, address: str) -> None:
    assert secure(tmp_path, PUBLIC_URL=address) == {True}
    found = read("SECURE_HSTS_SECONDS", var_dir=tmp_path, PUBLIC_URL=address, **STACK, **SECRETS)
    assert found["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600


def test_what_is_said_about_https_counts_more_than_the_address(tmp_path: Path) -> None:
    assert secure(tmp_path, HTTPS="off", **HTTPS_ADDRESS) == {False}
    assert secure(tmp_path, HTTPS="on") == {True}
    assert secure(tmp_path, HTTPS="", **HTTPS_ADDRESS) == {True}


def test_production_passes_djangos_deployment_checks(tmp_path: Path) -> None:
    answer = run(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        var_dir=tmp_path,
        ALLOWED_HOSTS="hpsync.example.com",
        **HTTPS_ADDRESS,
        **STACK,
        **SECRETS,
    )
    assert answer.returncode == 0, answer.stderr


def test_no_secret_of_the_environment_gets_into_the_logs(tmp_path: Path) -> None:
    logging = (
        "import django, logging; django.setup(); from django.conf import settings as s\n"
        "logging.getLogger('anything').error('%s %s %s', s.SECRET_KEY, s.DATABASES, "
        "s.CELERY_BROKER_URL)"
    )
    answer = run("-c", logging, var_dir=tmp_path, **STACK, **SECRETS)
    assert "ERROR anything:" in answer.stderr
    for secret in (SECRETS["SECRET_KEY"], "database-word", "broker-word"):
        assert secret not in answer.stderr


def test_hot_profile_is_asked_as_often_as_its_limit_says_and_at_the_vendor_s_alone(
    tmp_path: Path,
) -> None:
    names = ("HOTPROFILE_HOSTS", "HOTPROFILE_CALLS_PER_MINUTE")
    usual = read(*names, var_dir=tmp_path)
    said = read(
        *names,
        var_dir=tmp_path,
        HOTPROFILE_HOSTS="CRM.example.com,127.0.0.1:8802",
        HOTPROFILE_CALLS_PER_MINUTE="1000",
    )
    assert usual == {"HOTPROFILE_HOSTS": [], "HOTPROFILE_CALLS_PER_MINUTE": 100}
    assert said["HOTPROFILE_HOSTS"] == ["crm.example.com", "127.0.0.1:8802"]
    assert said["HOTPROFILE_CALLS_PER_MINUTE"] == 1000


def test_a_pace_that_is_none_is_refused(tmp_path: Path) -> None:
    answer = run("manage.py", "check", var_dir=tmp_path, HOTPROFILE_CALLS_PER_MINUTE="0")
    assert "HOTPROFILE_CALLS_PER_MINUTE" in answer.stderr


def test_a_rate_that_is_none_is_refused(tmp_path: Path) -> None:
    answer = run("manage.py", "check", var_dir=tmp_path, API_REQUESTS_PER_MINUTE="0")
    assert "API_REQUESTS_PER_MINUTE" in answer.stderr


def test_networks_within_that_webhooks_may_lead_to_are_none_but_those_that_are_named(
    tmp_path: Path,
) -> None:
    reading = (
        "import django; django.setup(); from django.conf import settings;"
        "print(list(map(str, settings.NOTICE_INSIDE_NETWORKS)))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "hpsync.settings"}
    usual = run("-c", reading, var_dir=tmp_path, **environment)
    named = {"NOTICE_INSIDE_NETWORKS": "10.1.2.0/24,fd00::5"}
    said = run("-c", reading, var_dir=tmp_path, **environment, **named)
    assert usual.stdout.strip() == "[]"
    assert said.stdout.strip() == "['10.1.2.0/24', 'fd00::5/128']"


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    answer = run("manage.py", "check", var_dir=tmp_path, NOTICE_INSIDE_NETWORKS="office")
    assert "NOTICE_INSIDE_NETWORKS" in answer.stderr


def test_a_session_that_lives_for_no_time_is_refused(tmp_path: Path) -> None:
    answer = run("manage.py", "check", var_dir=tmp_path, SESSION_IDLE_HOURS="0")
    assert "SESSION_IDLE_HOURS" in answer.stderr
