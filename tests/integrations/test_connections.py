"""From a stored connection to a kintone: addresses, credentials, the chain of links."""

import base64

import pytest
import responses

from common.clock import now
from common.problems import Problem
from integrations import budget, connections
from integrations.connections import Link, LinkState
from integrations.kintone.errors import (
    ConfigReason,
    KintoneConfigError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.models import Connection

pytestmark = pytest.mark.django_db

OK, BROKEN, UNTESTED = LinkState.OK, LinkState.BROKEN, LinkState.UNTESTED
TEXT = {"type": "SINGLE_LINE_TEXT", "code": "code", "label": "コード", "unique": True}


def make_connection(kintone=None, **given):
    defaults = {"name": "本番", "subdomain": "demo"}
    if not {"login", "tokens"} & given.keys():
        defaults |= {"login": "sync", "password": "sync-password"}
    return Connection(**(defaults | given))


def states(links):
    assert [link.link for link in links] == list(Link)
    return [link.state for link in links]


def problem(links):
    (found,) = [link.problem for link in links if link.problem]
    return found


@pytest.fixture
def strict(kintone, settings):
    """A kintone that knows one subdomain only."""
    settings.KINTONE_URL_TEMPLATE = kintone.url_template
    return kintone


@pytest.fixture
def app(strict):
    return strict.add_app("顧客リスト", {"code": TEXT})


# ---- the chain of links


def test_a_connection_that_works_is_well_in_all_five_links(app):
    links = connections.check(make_connection(), app=app)

    assert states(links) == [OK, OK, OK, OK, OK]
    assert not any(link.problem for link in links)


def test_a_wrong_subdomain_breaks_the_first_link(app):
    links = connections.check(make_connection(subdomain="exmaple"), app=app)

    assert states(links) == [BROKEN, UNTESTED, UNTESTED, UNTESTED, UNTESTED]
    assert problem(links).code == "kintone_config.subdomain"


def test_nobody_there_breaks_the_network(app, settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.invalid"

    links = connections.check(make_connection(), app=app)

    assert states(links) == [UNTESTED, BROKEN, UNTESTED, UNTESTED, UNTESTED]
    assert problem(links).code == "kintone_down"


def test_a_person_does_not_wait_for_further_attempts(strict, app):
    strict.fail(status=503, body="down", times=None)

    links = connections.check(make_connection(), app=app)

    assert states(links)[1] is BROKEN
    assert len(strict.requests) == 1


def test_an_ip_address_that_kintone_blocks_breaks_the_network(strict, app):
    strict.block()

    links = connections.check(make_connection(), app=app)

    assert states(links)[1] is BROKEN
    assert problem(links).code == "kintone_config.ip_address"


def test_a_missing_basic_authentication_breaks_the_network_until_it_is_given(strict, app):
    strict.require_basic("front", "door")

    links = connections.check(make_connection(), app=app)
    with_basic = make_connection(basic_user="front", basic_password="door")

    assert problem(links).code == "kintone_config.basic_auth"
    assert states(connections.check(with_basic, app=app)) == [OK] * 5


def test_a_wrong_password_breaks_the_login(app):
    links = connections.check(make_connection(login="sync", password="wrong"), app=app)

    assert states(links) == [OK, OK, BROKEN, UNTESTED, UNTESTED]
    assert problem(links).code == "kintone_config.login"
    assert problem(links).params["code"] == "CB_WA01"
    assert problem(links).params["error_id"]


def test_a_wrong_token_breaks_the_login(app):
    links = connections.check(make_connection(tokens="nosuchtoken"), app=app)

    assert states(links) == [OK, OK, BROKEN, UNTESTED, UNTESTED]
    assert problem(links).code == "kintone_config.token"


def test_no_right_on_the_app_breaks_the_permission(strict, app):
    strict.grant(app)

    links = connections.check(make_connection(), app=app)

    assert states(links) == [OK, OK, OK, BROKEN, UNTESTED]
    assert problem(links).code == "kintone_config.permission"


def test_an_app_that_is_not_there_breaks_the_last_link(app):
    links = connections.check(make_connection(), app=999)

    assert states(links) == [OK, OK, OK, UNTESTED, BROKEN]
    assert problem(links).code == "kintone_config.app"


def test_an_app_of_a_guest_space_needs_the_space(strict):
    app = strict.add_app("ゲスト", {"code": TEXT}, guest_space=5)

    without = connections.check(make_connection(), app=app)

    assert problem(without).code == "kintone_config.guest_space"
    assert states(connections.check(make_connection(), app=app, guest_space=5)) == [OK] * 5


def test_before_an_app_is_named_a_password_can_be_tried_and_costs_nothing(strict):
    links = connections.check(make_connection())

    assert states(links) == [OK, OK, OK, UNTESTED, UNTESTED]
    assert not any(exchange.counted for exchange in strict.requests)


def test_before_an_app_is_named_tokens_cannot_be_tried(strict):
    links = connections.check(make_connection(tokens="abc"))

    assert states(links) == [UNTESTED] * 5
    assert strict.requests == []


def test_no_credentials_at_all_break_the_login(app):
    links = connections.check(make_connection(login="", password=""), app=app)

    assert states(links)[2] is BROKEN
    assert problem(links).code == "kintone_config.login"


def test_a_check_is_counted_and_held_by_the_budget(strict, app):
    connection = make_connection()
    budget.set_daily_requests(connection.host, app, 2)

    assert states(connections.check(connection, app=app)) == [OK] * 5
    assert budget.left(connection.host, app, now=now()) == 0
    links = connections.check(connection, app=app)

    assert problem(links) == Problem(code="budget")
    assert len(strict.requests) == 2


# ---- addresses


@pytest.mark.parametrize(
    "given",
    [
        {"subdomain": "evil.jp/"},
        {"subdomain": "evil.jp#"},
        {"subdomain": "user@evil"},
        {"subdomain": ""},
        {"subdomain": "demo\n"},
        {"domain": "evil.jp"},
        {"domain": "cybozu.com.evil.jp"},
    ],
)
def test_what_is_stored_cannot_lead_credentials_elsewhere(given, settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"

    with pytest.raises(KintoneConfigError) as caught:
        connections.client_for(make_connection(**given))

    assert caught.value.reason is ConfigReason.SUBDOMAIN


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({}, "demo.cybozu.com"),
        ({"domain": "kintone.com"}, "demo.kintone.com"),
    ],
)
def test_requests_go_to_the_connections_host(given, host, settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"

    with responses.RequestsMock() as wire:
        wire.get(f"https://{host}/k/v1/app.json", json={"appId": "1", "name": "x"})
        connections.client_for(make_connection(**given)).get_app(1)


def test_with_a_client_certificate_the_host_is_another(settings, tmp_path, monkeypatch):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"
    monkeypatch.setattr("integrations.kintone.trust._show", lambda context, certificate: None)
    connection = make_connection(certificate_file=str(tmp_path / "pair.pem"))

    with responses.RequestsMock() as wire:
        wire.get("https://demo.s.cybozu.com/k/v1/app.json", json={"appId": "1", "name": "x"})
        connections.client_for(connection).get_app(1)

    assert connection.host == "demo.cybozu.com"


def test_tokens_are_stored_one_a_line(settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"

    with responses.RequestsMock() as wire:
        wire.get("https://demo.cybozu.com/k/v1/app.json", json={"appId": "1", "name": "x"})
        connections.client_for(make_connection(tokens="aaa\r\n\n bbb \n")).get_app(1)

        assert wire.calls[0].request.headers["X-Cybozu-API-Token"] == "aaa,bbb"


def test_stored_secrets_come_back_from_the_database_and_reach_kintone(settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"
    make_connection(basic_user="front", basic_password="戸").save()

    with responses.RequestsMock() as wire:
        wire.get("https://demo.cybozu.com/k/v1/app.json", json={"appId": "1", "name": "x"})
        connections.client_for(Connection.objects.get()).get_app(1)
        headers = wire.calls[0].request.headers

    assert base64.b64decode(headers["X-Cybozu-Authorization"]) == b"sync:sync-password"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "front:戸"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((12,), "https://demo.cybozu.com/k/12/"),
        ((12, None, 7), "https://demo.cybozu.com/k/12/show#record=7"),
        ((12, 5), "https://demo.cybozu.com/k/guest/5/12/"),
        ((12, 5, 7), "https://demo.cybozu.com/k/guest/5/12/show#record=7"),
    ],
)
def test_people_find_an_app_and_its_records(arguments, expected, settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"

    assert connections.app_url(make_connection(), *arguments) == expected


def test_the_address_for_people_needs_no_client_certificate(settings):
    settings.KINTONE_URL_TEMPLATE = "https://{subdomain}.{domain}"

    assert ".s." not in connections.app_url(make_connection(certificate_file="x.pem"), 1)


# ---- errors as problems


@pytest.mark.parametrize("reason", list(ConfigReason))
def test_every_reason_belongs_to_a_link_and_to_a_problem(reason):
    error = KintoneConfigError("…", reason=reason)

    assert reason in connections._LINK_BY_REASON
    problem = connections.error_problem(error, connection=Connection(), app=None)
    assert problem.code == f"kintone_config.{reason.value}"


def test_a_problem_carries_what_was_asked_and_kintones_own_words(settings):
    settings.EGRESS_ADDRESSES = ["203.0.113.10", "203.0.113.11"]
    error = KintoneRejection("…", status=400, code="GAIA_ZZ99", error_id="Ab1", message="だめ")

    problem = connections.error_problem(error, connection=Connection(subdomain="demo"), app=7)

    assert problem == Problem(
        code="kintone",
        params={
            "subdomain": "demo",
            "app": 7,
            "address": "203.0.113.10, 203.0.113.11",
            "code": "GAIA_ZZ99",
            "message": "だめ",
            "error_id": "Ab1",
            "status": 400,
        },
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [(KintoneTransientError, "kintone_down"), (KintoneProtocolError, "kintone_protocol")],
)
def test_an_error_without_an_answer_is_a_problem_too(error, code):
    found = connections.error_problem(error("…"), connection=Connection(subdomain="demo"), app=None)

    assert found.code == code
    assert found.params == {
        "subdomain": "demo",
        "code": "",
        "message": "",
        "error_id": "",
        "status": 0,
    }
    assert Problem.from_json(found.as_json()) == found
