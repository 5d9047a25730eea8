"""What is kept of an exchange that came to nothing: everything but secrets and other records."""

import base64
import json
from functools import partial
from typing import Any

import pytest

from integrations.kintone.credentials import BasicLogin, Credentials
from integrations.kintone.errors import KintoneConfigError, KintoneError, KintoneTransientError
from integrations.kintone.evidence import MOST_CHARACTERS, Evidence, evidence_of
from integrations.kintone.exchange import Exchange
from integrations.kintone.values import RecordPut
from tests.integrations.builders import make_client
from tests.integrations.misbehaving import answer, misbehaving_server, reset_after_reading

PUTS = [
    RecordPut(key=f"C-{number}", record={"name": f"青葉{number}", "memo": '"改行\n"'})
    for number in range(3)
]
BASIC = BasicLogin(user="front", password="basic-marker")
REFUSED: dict[str, Any] = {
    "code": "CB_VA01",
    "id": "Ab1",
    "message": "入力内容が正しくありません。",
    "errors": {
        "records[0].name.value": {"messages": ["C-0が長すぎます。"]},
        "records[2].name.value": {"messages": ["C-2が長すぎます。"]},
    },
}


def as_bytes(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def refuse(*deeds: Any, bulk: bool = False, **given: Any) -> tuple[KintoneError, bytes]:
    """What is raised when a server answers so, and what it received last."""
    with misbehaving_server(*deeds) as server, make_client(base_url=server.url, **given) as client:
        send = (
            partial(client.put_in_bulk, [PUTS[:1], PUTS])
            if bulk
            else partial(client.put_records, PUTS)
        )
        with pytest.raises(KintoneError) as caught:
            send(app=7, key_field="code")
        return caught.value, server.received[-1]


def exchange_of(error: KintoneError) -> Exchange:
    assert error.exchange is not None
    return error.exchange


def test_of_a_record_its_own_part_is_kept_as_it_was_sent() -> None:
    error, received = refuse(answer(as_bytes(REFUSED), status="400 Bad Request"))

    kept = evidence_of(exchange_of(error), index=2)

    sent = json.loads(received.partition(b"\r\n\r\n")[2])
    assert json.loads(kept.request) == {**sent, "records": [sent["records"][2]]}
    assert "青葉0" not in kept.request
    assert kept.place is not None
    assert (kept.place.number, kept.place.records, kept.place.parts) == (3, 3, 1)
    assert (kept.method, kept.app, kept.status) == ("PUT", 7, 400)
    assert kept.url.endswith("/k/v1/records.json")


def test_of_the_answer_what_names_other_records_is_left_out() -> None:
    error, _ = refuse(answer(as_bytes(REFUSED), status="400 Bad Request"))

    kept = evidence_of(exchange_of(error), index=2)

    assert "C-0" not in kept.answer
    assert list(json.loads(kept.answer)["errors"]) == ["records[2].name.value"]
    assert json.loads(kept.answer)["id"] == "Ab1"
    assert kept.others_left_out == 1


@pytest.mark.parametrize("body", ['{"code":"GAIA_ZZ99",  "id": "x",\n"message":"?"}', "<p>413</p>"])
def test_an_answer_that_names_nobody_else_is_kept_byte_for_byte(body: str) -> None:
    error, _ = refuse(answer(body.encode(), status="413 Too Large"))

    assert evidence_of(exchange_of(error), index=1).answer == body


def test_of_a_bulk_request_the_frame_is_kept_with_the_one_record() -> None:
    body = {"results": [{}, REFUSED]}
    error, received = refuse(answer(as_bytes(body), status="400 Bad Request"), bulk=True)

    kept = evidence_of(exchange_of(error), part=1, index=2)

    sent = json.loads(received.partition(b"\r\n\r\n")[2])["requests"][1]
    own = {**sent["payload"], "records": [sent["payload"]["records"][2]]}
    assert json.loads(kept.request) == {"requests": [{**sent, "payload": own}]}
    assert kept.place is not None
    assert (kept.place.number, kept.place.records) == (3, 3)
    assert (kept.place.part, kept.place.parts) == (2, 2)
    assert "C-0" not in kept.answer
    assert "C-2" in kept.answer


def test_every_attempt_is_told_and_the_last_answer_that_came() -> None:
    busy = answer(b'{"code": "GAIA_DA02", "id": "lock", "message": "?"}', status="400 Bad Request")
    error, _ = refuse(busy, reset_after_reading, reset_after_reading, reset_after_reading)

    assert isinstance(error, KintoneTransientError)
    kept = evidence_of(exchange_of(error), index=0)
    first, *others = kept.attempts
    assert (first["status"], first["code"], first["lost"]) == (400, "GAIA_DA02", "")
    assert [one["status"] for one in others] == [0, 0, 0]
    assert all("ConnectionError" in one["lost"] for one in others)
    assert kept.status == 0
    assert "GAIA_DA02" in kept.answer


def test_headers_by_which_others_find_the_request_are_kept() -> None:
    head = "400 Bad Request\r\nX-Cybozu-Error: CB_VA01\r\nX-Other: nobody asks"
    error, _ = refuse(answer(as_bytes(REFUSED), status=head))

    kept = evidence_of(exchange_of(error), index=0)
    assert kept.answer_headers["X-Cybozu-Error"] == "CB_VA01"
    assert "X-Other" not in kept.answer_headers
    assert kept.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "login",
    [
        Credentials(tokens=("token-marker-1", "token-marker-2")),
        Credentials(login="sato", password="pass-\"marker'<é", basic=BASIC),
    ],
    ids=["tokens", "password and basic"],
)
def test_secrets_that_come_back_in_the_answer_are_masked(login: Credentials) -> None:
    pair = base64.b64encode("sato:pass-\"marker'<é".encode()).decode()
    secrets = ["token-marker-1", "token-marker-2", "pass-\"marker'<é", "basic-marker", pair]
    body = {"code": "GAIA_ZZ99", "id": "1", "message": f"got {' '.join(secrets)}"}
    told = f"400 Bad\r\nX-Cybozu-Error: {secrets[0]} {secrets[3]}"

    error, received = refuse(answer(as_bytes(body), status=told), credentials=login)

    stored = json.dumps(evidence_of(exchange_of(error), index=0).as_json(), ensure_ascii=False)
    credentials = [line for line in received.split(b"\r\n") if b"uthorization" in line]
    credentials += [line for line in received.split(b"\r\n") if b"API-Token" in line]
    assert credentials
    for line in credentials:
        assert line.split()[-1].decode() not in stored
    for secret in secrets[:2] if login.tokens else secrets[2:]:
        assert secret not in stored
        assert json.dumps(secret)[1:-1] not in stored
    assert "********" in stored


def test_the_number_of_tokens_can_be_told_but_none_of_them() -> None:
    error, _ = refuse(
        answer(as_bytes(REFUSED), status="400 Bad Request"),
        credentials=Credentials(tokens=("first-one", "second-one")),
    )

    assert exchange_of(error).headers["X-Cybozu-API-Token"] == "********,********"


def test_a_very_long_answer_is_cut_and_says_so() -> None:
    error, _ = refuse(answer(b"<p>" + b"x" * 60_000, status="413 Too Large"))

    kept = evidence_of(exchange_of(error), index=0)
    assert len(kept.answer) == MOST_CHARACTERS
    assert kept.answer_length == 60_003


def test_a_call_that_carried_no_record_has_no_place() -> None:
    with (
        misbehaving_server(answer(b"<p>", status="404 Not Found")) as server,
        make_client(base_url=server.url) as client,
        pytest.raises(KintoneConfigError) as caught,
    ):
        client.get_records(7, query='code in ("C-1")')

    kept = evidence_of(exchange_of(caught.value))
    assert (kept.place, kept.request, kept.method) == (None, "", "GET")


def test_what_is_stored_reads_back_the_same() -> None:
    error, _ = refuse(answer(b"\0 nothing \xff", status="400 Bad Request"))
    kept = evidence_of(exchange_of(error), index=1)

    stored = json.loads(json.dumps(kept.as_json()))
    assert Evidence.from_json(stored).as_json() == kept.as_json()
    assert "\0" not in kept.answer
