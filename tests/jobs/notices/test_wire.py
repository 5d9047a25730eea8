"""Other sides that misbehave: what is remembered of each, in words that say what to do."""

import logging
import socket
import time
from datetime import UTC, datetime

import pytest

from jobs.notices import wire
from jobs.notices.channels import LineWorks, Slack
from jobs.notices.message import Message
from jobs.notices.wire import DeliveryError, Wire
from jobs.notices.words import describe
from tests.integrations.misbehaving import (
    drip,
    misbehaving_server,
    reset_after_reading,
    say_nothing,
)
from tests.jobs.notices.receiver import Told

MESSAGE = Message(
    id="hpsync-1",
    event="alert.test",
    at=datetime(2026, 11, 22, tzinfo=UTC),
    title="テスト",
    text="本文",
    link="https://hpsync.example.com/",
    link_text="開く",
    notices=[],
)


@pytest.fixture
def refused(settings):
    """The error of a message to that address."""

    def send(url, *, inside=None) -> DeliveryError:
        networks = settings.NOTICE_INSIDE_NETWORKS if inside is None else inside
        with pytest.raises(DeliveryError) as error:
            Wire(inside=networks).post(Slack(url=url), MESSAGE, secrets=[url])
        return error.value

    return send


def test_what_arrived_is_confirmed_with_what_was_said(receiver, settings):
    wire = Wire(inside=settings.NOTICE_INSIDE_NETWORKS)

    assert wire.post(Slack(url=receiver.url()), MESSAGE).text == "ok"
    assert receiver.texts() == ["*テスト*\n本文"]


@pytest.mark.parametrize(
    ("status", "code", "of_message"),
    [
        (400, "notice.refused", True),
        (401, "notice.denied", False),
        (403, "notice.denied", False),
        (404, "notice.gone", False),
        (410, "notice.gone", False),
        (413, "notice.refused", True),
        (429, "notice.too_many", False),
        (500, "notice.server", False),
        (503, "notice.server", False),
    ],
)
def test_each_refusal_says_what_to_do(receiver, refused, status, code, of_message):
    receiver.always = Told(status=status, body="<p>no_service\x00</p><script>x</script>")

    error = refused(receiver.url())

    assert (error.problem.code, error.of_message) == (code, of_message)
    described = describe(error.problem)
    assert described.details == f"HTTP {status}：no_service"
    assert described.heading
    assert described.body


def test_a_redirect_is_not_followed(receiver, refused):
    receiver.always = Told(status=302, headers={"Location": receiver.url("/elsewhere")})

    error = refused(receiver.url())

    assert error.problem.code == "notice.redirect"
    assert [one.path for one in receiver.received] == ["/services/T0/B0/a-secret-token"]
    assert "elsewhere" not in str(error.problem.as_json())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_without_leave_nothing_is_sent_to_a_host_within(receiver, refused, host):
    error = refused(receiver.url(host=host), inside=[])

    assert error.problem.code == "notice.inside"
    assert receiver.received == []
    assert "NOTICE_INSIDE_NETWORKS" in describe(error.problem).body


def test_an_answer_that_repeats_the_address_shows_none_of_its_secrets(receiver, refused):
    receiver.always = Told(
        status=404, body=f"no such thing: {receiver.url()} /services/T0/B0/a-secret-token"
    )

    problem = refused(receiver.url()).problem

    assert "a-secret-token" not in str(problem.as_json())
    assert "no such thing" in str(problem.params["said"])


def test_a_long_answer_is_kept_short_and_one_without_end_is_not_read(receiver, refused):
    receiver.always = Told(status=500, body="long " * 1000)
    assert len(str(refused(receiver.url()).problem.params["said"])) == 200

    receiver.always = Told(status=500, body="x" * (wire.LARGEST_ANSWER + 1))
    assert refused(receiver.url()).problem.params == {"status": 500, "said": ""}


def test_who_does_not_answer_is_not_waited_for(settings, refused, receiver, monkeypatch):
    monkeypatch.setattr(wire, "READ_TIMEOUT", 0.2)
    with misbehaving_server(say_nothing) as server:
        assert refused(server.url).problem.code == "notice.slow"


def test_who_drips_an_answer_has_taken_the_message(settings, receiver, monkeypatch):
    monkeypatch.setattr(wire, "LONGEST_EXCHANGE", 0.3)
    with misbehaving_server(drip(0.05)) as server:
        began = time.monotonic()
        Wire(inside=settings.NOTICE_INSIDE_NETWORKS).post(Slack(url=server.url), MESSAGE)
        assert time.monotonic() - began < 5


def test_who_hangs_up_or_is_not_there_is_not_reached(refused, receiver):
    with misbehaving_server(reset_after_reading) as server:
        assert refused(server.url).problem.code == "notice.unreachable"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert refused(f"http://127.0.0.1:{port}/").problem.code == "notice.unreachable"


def test_a_name_that_does_not_exist_is_told_apart(refused, monkeypatch):
    def unknown(*_given, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refused("https://no-such-host.example/").problem.code == "notice.name"


def test_a_certificate_that_nobody_vouches_for_is_refused(refused, receiver):
    # The receiver speaks no TLS at all: the handshake fails.
    url = receiver.url().replace("http:", "https:")
    assert refused(url).problem.code == "notice.certificate"


@pytest.mark.parametrize("url", ["https://", "nonsense", "https://exa mple/"])
def test_what_is_no_address_is_called_so(refused, url):
    assert refused(url).problem.code in {"notice.address", "notice.name"}


def test_a_200_whose_body_says_no_is_a_refusal(receiver, settings):
    receiver.always = Told(body='{"code":400,"description":"missing parameter"}')

    with pytest.raises(DeliveryError) as error:
        Wire(inside=settings.NOTICE_INSIDE_NETWORKS).post(LineWorks(url=receiver.url()), MESSAGE)
    assert error.value.problem.code == "notice.refused"
    assert "missing parameter" in describe(error.value.problem).details


def test_neither_addresses_nor_tokens_come_into_the_log(receiver, refused, caplog):
    caplog.set_level(logging.DEBUG)
    receiver.always = Told(status=500)
    refused(receiver.url())
    with misbehaving_server(reset_after_reading) as server:
        refused(server.url + "/another-secret-token")

    assert "secret-token" not in caplog.text
