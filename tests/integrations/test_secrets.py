"""No secret and no value of a record reaches a repr, a log line or an error, whatever happens."""

import base64
import logging
import pickle
import traceback

import pytest
import responses

from integrations.kintone.credentials import BasicLogin, ClientCertificate, Credentials
from integrations.kintone.errors import KintoneConfigError, KintoneError
from integrations.kintone.values import RecordPut
from tests.integrations.builders import RECORDS, make_client
from tests.integrations.misbehaving import answer, misbehaving_server, reset_after_reading

SECRET = "Marker1Secret"
VALUE = "Marker2株式会社"
BY_PASSWORD = Credentials(
    login="sync", password=SECRET, basic=BasicLogin(user="front", password=SECRET)
)
BY_TOKEN = Credentials(tokens=(SECRET,))
ENCODED = [
    base64.b64encode(text.encode()).decode() for text in (f"sync:{SECRET}", f"front:{SECRET}")
]


def assert_silent(text: str) -> None:
    for marker in (SECRET, "Marker2", *ENCODED):
        assert marker not in text


@pytest.mark.parametrize("credentials", [BY_PASSWORD, BY_TOKEN], ids=["password", "token"])
def test_credentials_do_not_show_themselves(credentials):
    assert_silent(repr(credentials) + str(credentials) + repr(make_client(credentials=credentials)))


def test_a_certificate_does_not_show_its_password(tmp_path):
    assert_silent(repr(ClientCertificate(file=tmp_path, password=SECRET)))


def test_credentials_that_are_refused_are_not_quoted():
    with pytest.raises(KintoneConfigError) as caught:
        Credentials(tokens=(f"{SECRET} with a space",))

    assert_silent("".join(traceback.format_exception(caught.value)))


FAILURES = [
    answer(b'{"code": "GAIA_ZZ99", "id": "x", "message": "Marker2"}', status="400 Bad Request"),
    answer(b'{"code": "CB_WA01", "id": "x", "message": "Marker2"}', status="401 Unauthorized"),
    answer(b"<html>Marker2</html>", status="403 Forbidden"),
    answer(b"Marker2", status="418 Teapot"),
    answer(b'{"records": "Marker2"'),
    answer(b'{"records": ["Marker2"]}'),
    answer(b"Marker2", length=1000),
    reset_after_reading,
]


@pytest.mark.parametrize("credentials", [BY_PASSWORD, BY_TOKEN], ids=["password", "token"])
@pytest.mark.parametrize("deed", FAILURES)
def test_an_error_and_its_log_tell_what_happened_and_no_secret(deed, credentials, caplog):
    caplog.set_level(logging.DEBUG)

    with (
        misbehaving_server(*[deed] * 8) as server,
        make_client(base_url=server.url, credentials=credentials) as client,
    ):
        with pytest.raises(KintoneError) as write:
            client.put_records(
                [RecordPut(key=VALUE, record={"name": VALUE})], app=1, key_field="code"
            )
        with pytest.raises(KintoneError) as read:
            client.get_records(1, query=f'name = "{VALUE}"')

    for error in (write.value, read.value):
        assert_silent("".join(traceback.format_exception(error)))
        assert_silent(repr(error) + str(vars(error) | {"message": ""}))
        # Error reporters follow the chain even where a traceback would not show it.
        assert error.__context__ is None or not hasattr(error.__context__, "request")
    assert_silent(caplog.text)
    assert "PUT /k/v1/records.json app=1" in caplog.text


def test_a_request_that_went_well_is_logged_without_what_it_carried(caplog):
    caplog.set_level(logging.DEBUG)
    saved = {"records": [{"id": "7", "revision": "4", "operation": "UPDATE"}]}

    with responses.RequestsMock() as wire:
        wire.put(RECORDS, json=saved)
        make_client(credentials=BY_PASSWORD).put_records(
            [RecordPut(key=VALUE, record={"name": VALUE})], app=1, key_field="code"
        )

    assert "PUT /k/v1/records.json app=1: 200 in " in caplog.text
    assert_silent(caplog.text)


def test_credentials_travel_between_processes_whole():
    assert pickle.loads(pickle.dumps(BY_PASSWORD)) == BY_PASSWORD
