"""The same request sent twice, with an Idempotency-Key, is done once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import time_machine
from django.db import close_old_connections, connection
from django.test import Client

from api import once
from api.models import IdempotentAnswer
from api.tasks import forget_old_answers
from crm.models import Company
from crm.writing import upsert
from tests.api.conftest import MakeToken, client_with, post
from tests.builders_crm import make_company

NOW = datetime.fromisoformat("2026-11-22T05:05:10+00:00")


def send(client: Client, name: str, *, key: str = "one", external_id: str = "C-1") -> Any:
    records = [{"external_id": external_id, "name": name}]
    return post(client, "records/company", {"records": records}, headers={"Idempotency-Key": key})


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What these return, each called in a thread of its own."""

    def alone(one: Callable[[], Any]) -> Any:
        try:
            return one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(alone, work))


def test_the_same_request_gets_the_same_answer_and_writes_nothing(program: Client) -> None:
    first = send(program, "青葉")
    Company.objects.update(name="書き換え")
    again = send(program, "青葉")

    assert first.json()["results"][0]["outcome"] == "created"
    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Company.objects.get().name == "書き換え"


def test_the_same_key_with_another_body_is_refused(program: Client) -> None:
    send(program, "青葉")

    other = send(program, "若葉")

    assert other.status_code == 422
    assert other.json()["type"] == "urn:hpsync:problem:idempotency-key-used"
    assert Company.objects.get().name == "青葉"


def test_the_same_key_for_another_address_is_refused(program: Client) -> None:
    company = make_company()
    send(program, "青葉")

    answer = program.delete(
        f"/api/v1/records/company/{company.external_id}", headers={"Idempotency-Key": "one"}
    )

    assert answer.status_code == 422
    assert Company.objects.filter(pk=company.pk).exists()


def test_keys_of_different_tokens_do_not_meet(make_token: MakeToken) -> None:
    send(client_with(make_token()), "青葉")

    assert send(client_with(make_token()), "若葉").json()["results"][0]["outcome"] == "updated"


def test_a_deletion_that_is_repeated_is_told_as_it_was(program: Client) -> None:
    path = f"/api/v1/records/company/{make_company().external_id}"

    codes = [
        program.delete(path, headers={"Idempotency-Key": "one"}).status_code for _time in range(2)
    ]

    assert codes == [204, 204]


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(program: Client, key: str) -> None:
    assert send(program, "青葉", key=key).status_code == 400


def test_what_was_refused_as_a_whole_may_be_tried_again_with_the_same_key(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_more: Any) -> None:
        message = "for once"
        raise RuntimeError(message)

    program.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("api.incoming.upsert", fail)
        assert send(program, "青葉").status_code == 500

    assert send(program, "青葉").json()["created"] == 1


def test_after_a_day_the_key_is_free_again_swept_or_not(make_token: MakeToken) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client = client_with(make_token())
        send(client, "青葉")
        time.move_to(NOW + once.LIFE + timedelta(seconds=1))
        assert send(client, "若葉").json()["updated"] == 1
        assert IdempotentAnswer.objects.count() == 1


def test_old_answers_are_removed_by_the_clock(make_token: MakeToken) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client = client_with(make_token())
        send(client, "青葉", key="old")
        time.move_to(NOW + timedelta(hours=23))
        send(client, "青葉", key="new")
        time.move_to(NOW + timedelta(hours=25))
        forget_old_answers()

    assert [answer.key for answer in IdempotentAnswer.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_works_and_the_other_is_told_to_wait(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make_token()
    began, go_on = Event(), Event()

    def slowly(*arguments: Any, **more: Any) -> Any:
        began.set()
        assert go_on.wait(20)
        return upsert(*arguments, **more)

    monkeypatch.setattr("api.incoming.upsert", slowly)

    def second() -> Any:
        assert began.wait(20)
        try:
            return send(client_with(secret), "青葉")
        finally:
            go_on.set()

    first, waiting = at_once(lambda: send(client_with(secret), "青葉"), second)
    monkeypatch.undo()

    assert (first.status_code, waiting.status_code) == (200, 409)
    assert waiting.json()["type"] == "urn:hpsync:problem:idempotency-key-at-work"
    assert int(waiting["Retry-After"]) > 0
    assert send(client_with(secret), "青葉").content == first.content
    close_old_connections()


@pytest.mark.django_db(transaction=True)
def test_however_two_meet_one_of_them_writes(make_token: MakeToken) -> None:
    secret = make_token()

    for turn in range(10):
        together = Barrier(2)

        def one(turn: int = turn, together: Barrier = together) -> Any:
            client = client_with(secret)
            together.wait(20)
            return send(client, "青葉", key=f"k{turn}", external_id=f"C-{turn}")

        answers = at_once(one, one)

        created = [
            answer.json()["created"]
            for answer in answers
            if answer.status_code == 200 and "Idempotency-Replayed" not in answer
        ]
        assert created == [1]
        assert {answer.status_code for answer in answers} <= {200, 409}
    assert Company.objects.count() == 10


def test_a_request_whose_process_died_is_taken_over(make_token: MakeToken) -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client = client_with(make_token())
        send(client, "青葉")
        IdempotentAnswer.objects.update(status=None, body=b"")
        time.move_to(NOW + once.GIVEN_UP_AFTER - timedelta(seconds=1))
        assert send(client, "青葉").status_code == 409
        time.move_to(NOW + once.GIVEN_UP_AFTER)
        answer = send(client, "青葉")

    assert answer.json()["unchanged"] == 1
    kept = IdempotentAnswer.objects.get()
    assert (kept.status, kept.begun_at) == (200, NOW + once.GIVEN_UP_AFTER)
