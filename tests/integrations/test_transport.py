"""What happens on the line, on real sockets: resets, silence, half answers."""

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from integrations.kintone import transport
from integrations.kintone.client import CALL_LIFE, REQUEST_LIFE
from integrations.kintone.errors import KintoneProtocolError, KintoneTransientError
from integrations.kintone.values import RecordPut
from tests.integrations.builders import make_client
from tests.integrations.misbehaving import (
    answer,
    close_after_reading,
    drip,
    misbehaving_server,
    reset_after_reading,
    reset_at_once,
    say_nothing,
)

SAVED = json.dumps({"records": [{"id": "7", "revision": "1", "operation": "INSERT"}]}).encode()
PUTS = [RecordPut(key="k", record={"name": "青葉"})]


def put(server, **given):
    with make_client(base_url=server.url, **({"timeout": 0.2} | given)) as client:
        return client.put_records(PUTS, app=1, key_field="code")


@pytest.mark.parametrize(
    "deed",
    [
        reset_at_once,
        reset_after_reading,
        close_after_reading,
        say_nothing,
        answer(SAVED[:20], length=len(SAVED)),
        answer(b"<html>Bad Gateway</html>", status="502 Bad Gateway"),
    ],
    ids=["reset", "reset after reading", "closed", "silence", "half an answer", "502"],
)
def test_a_put_whose_answer_is_lost_is_sent_again_as_it_was(deed):
    with misbehaving_server(deed, answer(SAVED)) as server:
        assert put(server)[0].record_id == 7

    assert len({request.partition(b"\r\n\r\n")[2] for request in server.received}) == 1


@pytest.mark.parametrize(
    "deed",
    [reset_after_reading, close_after_reading, say_nothing, answer(b"{", length=10)],
    ids=["reset", "closed", "silence", "half an answer"],
)
def test_after_all_attempts_the_outcome_is_open(deed):
    with misbehaving_server(*[deed] * 4) as server, pytest.raises(KintoneTransientError) as caught:
        put(server)

    assert len(server.received) == 4
    assert caught.value.may_have_written


def test_nothing_was_written_where_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with (
        make_client(base_url=f"http://127.0.0.1:{port}") as client,
        pytest.raises(KintoneTransientError) as caught,
    ):
        client.put_records(PUTS, app=1, key_field="code")

    assert not caught.value.may_have_written


def test_nothing_was_written_where_the_name_leads_nowhere():
    with (
        make_client(base_url="https://kintone.invalid") as client,
        pytest.raises(KintoneTransientError) as caught,
    ):
        client.put_records(PUTS, app=1, key_field="code")

    assert not caught.value.may_have_written


def test_a_lost_answer_to_a_read_has_written_nothing():
    with (
        misbehaving_server(*[close_after_reading] * 4) as server,
        make_client(base_url=server.url) as client,
        pytest.raises(KintoneTransientError) as caught,
    ):
        client.get_app(1)

    assert not caught.value.may_have_written


def test_json_that_breaks_off_is_evidence_and_not_tried_again():
    with (
        misbehaving_server(answer(SAVED[:-5])) as server,
        pytest.raises(KintoneProtocolError) as caught,
    ):
        put(server)

    assert caught.value.may_have_written


def test_an_answer_that_drips_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT", 0.1)
    monkeypatch.setattr(transport, "ALLOWANCE", 0.1)
    began = time.monotonic()

    with (
        misbehaving_server(drip(0.05)) as server,
        pytest.raises(KintoneTransientError) as caught,
    ):
        put(server, attempts=1)

    assert time.monotonic() - began < 5
    assert caught.value.may_have_written


def test_a_packed_answer_is_unpacked():
    def packed(server, connection):
        server.read_request(connection)
        body = gzip.compress(SAVED)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with misbehaving_server(packed) as server:
        assert put(server)[0].record_id == 7


def test_an_answer_in_chunks_is_put_together():
    def chunked(server, connection):
        server.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (SAVED[:10], SAVED[10:], b""):
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))

    with misbehaving_server(chunked) as server:
        assert put(server)[0].record_id == 7


def test_an_answer_larger_than_any_of_kintones_is_given_up(monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)

    with misbehaving_server(answer(b" " * 2000)) as server, pytest.raises(KintoneTransientError):
        put(server, attempts=1)


def test_one_client_serves_several_threads_at_once():
    meeting = threading.Barrier(4, timeout=10)

    def wait_for_the_others(server, connection):
        meeting.wait()
        answer(SAVED)(server, connection)

    with (
        misbehaving_server(*[wait_for_the_others] * 4) as server,
        make_client(base_url=server.url, timeout=10) as client,
        ThreadPoolExecutor(4) as threads,
    ):
        waiting = [
            threads.submit(client.put_records, PUTS, app=1, key_field="code") for _ in range(4)
        ]

        assert [one.result()[0].record_id for one in waiting] == [7] * 4


def test_no_more_requests_are_in_flight_than_there_are_connections():
    running, most = [], []

    def note(server, connection):
        running.append(1)
        most.append(len(running))
        time.sleep(0.05)
        running.pop()
        answer(SAVED)(server, connection)

    with (
        misbehaving_server(*[note] * 6) as server,
        make_client(base_url=server.url, timeout=10, connections=2) as client,
        ThreadPoolExecutor(6) as threads,
    ):
        waiting = [
            threads.submit(client.put_records, PUTS, app=1, key_field="code") for _ in range(6)
        ]
        for one in waiting:
            one.result()

    assert max(most) <= 2


def test_the_life_of_a_request_covers_the_time_outs_and_a_call_covers_its_attempts():
    assert timedelta(seconds=transport.CONNECT_TIMEOUT + transport.READ_TIMEOUT) < REQUEST_LIFE
    assert CALL_LIFE > transport.ATTEMPTS * REQUEST_LIFE
