"""What each answer of kintone means for us."""

import orjson
import pytest

from integrations.kintone.actions import ACTION_BY_CODE
from integrations.kintone.answers import read_answer
from integrations.kintone.errors import (
    ConfigReason,
    FieldRefusal,
    KintoneConfigError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.exchange import Answer, Failure
from tests.integrations.builders import make_call

LOGIN, TOKEN, PERMISSION = ConfigReason.LOGIN, ConfigReason.TOKEN, ConfigReason.PERMISSION
FIELD, APP, KEY = ConfigReason.FIELD, ConfigReason.APP, ConfigReason.UPDATE_KEY


def failure(status, body, *, asks_for_basic=False, **call) -> Failure:
    content = body.encode() if isinstance(body, str) else orjson.dumps(body)
    answer = Answer(status=status, body=content, asks_for_basic=asks_for_basic)
    result = read_answer(answer, call=make_call(**call))
    assert isinstance(result, Failure)
    return result


def refusal(code, **more):
    return {"code": code, "id": "Xy12", "message": "入力内容が正しくありません。"} | more


# Every code of kintone-api.md §4.3, with the status seen with it.
CONFIGURATION = [
    (401, "CB_AU01", LOGIN),
    (401, "CB_WA01", LOGIN),
    (520, "CB_WA01", LOGIN),
    (403, "CB_TW02", ConfigReason.TWO_FACTOR),
    (400, "GAIA_IA02", TOKEN),
    (520, "GAIA_IA02", TOKEN),
    (400, "GAIA_DA03", TOKEN),
    (403, "GAIA_AP15", TOKEN),
    (403, "GAIA_NO01", PERMISSION),
    (403, "CB_NO02", PERMISSION),
    (403, "CB_NO01", PERMISSION),
    (403, "GAIA_FU01", FIELD),
    (400, "GAIA_BF02", FIELD),
    (400, "GAIA_UN10", FIELD),
    (400, "GAIA_FC01", FIELD),
    (404, "GAIA_AP01", APP),
    (400, "GAIA_IL23", ConfigReason.GUEST_SPACE),
    (400, "GAIA_IQ27", KEY),
    (400, "GAIA_IQ11", KEY),
    (400, "GAIA_LO03", ConfigReason.LOOKUP_SOURCE),
]
REFUSED = [
    (400, "CB_VA01"),
    (520, "CB_VA01"),
    (400, "CB_IJ01"),
    (400, "GAIA_LO04"),
    (400, "GAIA_LO02"),
    (400, "GAIA_IL26"),
    (400, "GAIA_IL28"),
    (404, "GAIA_BL01"),
    (404, "GAIA_RE01"),
    (400, "GAIA_RE20"),
    (404, "GAIA_RE20"),
    (400, "GAIA_IQ28"),
    (520, "GAIA_SI01"),
    (400, "GAIA_IL03"),
    (400, "GAIA_NT01"),
    (400, "GAIA_SA01"),
    (400, "GAIA_SA04"),
    (400, "GAIA_ST02"),
    (400, "GAIA_RE02"),
    (400, "GAIA_RE03"),
    (400, "GAIA_RE12"),
]
TRANSIENT = [
    # status, code, whether it helps to try again within seconds
    (429, "GAIA_TO04", True),
    (400, "GAIA_DA02", True),
    (520, "GAIA_DA02", True),
    (520, "GAIA_RE18", True),
    (400, "GAIA_RE18", True),
    (400, "GAIA_LT01", True),
    (429, "CB_XX99", True),
    (429, "GAIA_TM12", False),
    (403, "GAIA_NO02", False),
    (409, "GAIA_CO03", False),
]
OURS = [
    "CB_IL02",
    "GAIA_TO03",
    "GAIA_QU01",
    "GAIA_QU02",
    "GAIA_IQ03",
    "GAIA_IQ07",
    "GAIA_IQ10",
    "GAIA_IQ23",
    "GAIA_IQ25",
    "GAIA_IL08",
    "GAIA_IR02",
    "GAIA_IL42",
]
CONFLICTS = [(409, "GAIA_CO02"), (409, "GAIA_UN03"), (409, "GAIA_XX99")]


@pytest.mark.parametrize(("status", "code", "reason"), CONFIGURATION)
def test_what_a_person_must_mend_stops_and_says_what(status, code, reason):
    found = failure(status, refusal(code))

    assert isinstance(found.error, KintoneConfigError)
    assert found.error.reason is reason
    assert not found.retry


@pytest.mark.parametrize(("status", "code"), REFUSED)
def test_what_concerns_records_is_a_refusal_of_them(status, code):
    found = failure(status, refusal(code))

    assert isinstance(found.error, KintoneRejection)
    assert found.error.known
    assert found.error.problems == {}
    assert not found.retry


@pytest.mark.parametrize(("status", "code", "retry"), TRANSIENT)
def test_what_passes_by_itself_is_transient(status, code, retry):
    found = failure(status, refusal(code))

    assert isinstance(found.error, KintoneTransientError)
    assert found.retry is retry
    assert not found.error.may_have_written


@pytest.mark.parametrize(("status", "code"), CONFLICTS)
def test_a_conflict_is_tried_again_and_then_concerns_the_records(status, code):
    found = failure(status, refusal(code))

    assert isinstance(found.error, KintoneRejection)
    assert found.retry


@pytest.mark.parametrize("code", OURS)
def test_what_kintone_cannot_make_sense_of_is_our_bug(code):
    assert isinstance(failure(400, refusal(code)).error, KintoneProtocolError)


def test_the_table_has_no_code_that_these_tests_forget():
    tested = [code for _, code, _ in CONFIGURATION + TRANSIENT] + OURS
    tested += [code for _, code in REFUSED + CONFLICTS]

    assert set(ACTION_BY_CODE) == {code for code in tested if "XX" not in code}


@pytest.mark.parametrize("status", [400, 403, 404, 418, 500, 520])
def test_a_code_never_seen_refuses_its_records_and_is_known_to_be_unknown(status):
    found = failure(status, refusal("GAIA_ZZ99"))

    assert isinstance(found.error, KintoneRejection)
    assert not found.error.known
    assert found.error.problems == {}
    assert (found.error.code, found.error.error_id) == ("GAIA_ZZ99", "Xy12")


def test_a_401_is_about_the_login_whatever_its_code():
    error = failure(401, refusal("CB_ZZ99")).error

    assert isinstance(error, KintoneConfigError)
    assert error.reason is LOGIN


def test_a_read_has_no_records_to_be_refused():
    error = failure(400, refusal("GAIA_ZZ99"), method="GET", parts=[]).error

    assert isinstance(error, KintoneProtocolError)
    assert error.code == "GAIA_ZZ99"


def test_refused_fields_are_named_by_record():
    errors = {
        "records[1].tel.value": {"messages": ["6文字より短く入力してください。"]},
        "records[1].updateKey.value": {"messages": ["必須です。"]},
    }

    error = failure(400, refusal("CB_VA01", errors=errors), parts=[2]).error

    assert isinstance(error, KintoneRejection)
    assert error.problems == {
        1: (
            FieldRefusal(field="tel", message="6文字より短く入力してください。"),
            FieldRefusal(field="code", message="必須です。"),
        )
    }


@pytest.mark.parametrize("key", ["records", "app", "requests", "records[7].a.value"])
def test_a_refusal_of_the_request_itself_is_our_bug(key):
    errors = {key: {"messages": ["最大で100です。"]}}

    assert isinstance(failure(400, refusal("CB_VA01", errors=errors)).error, KintoneProtocolError)


def test_the_one_filled_slot_of_a_bulk_answer_is_the_error():
    errors = {"records[0].a.value": {"messages": ["必須です。"]}}
    found = failure(400, {"results": [{}, refusal("CB_VA01", errors=errors), {}]}, parts=[0, 1, 0])

    assert isinstance(found.error, KintoneRejection)
    assert found.error.part == 1
    assert found.error.problems == {0: (FieldRefusal(field="a", message="必須です。"),)}


HTML = "<!doctype html><html><body>{}</body></html>"
PAGES = [
    (401, HTML, ConfigReason.BASIC_AUTH),
    (403, HTML, ConfigReason.IP_ADDRESS),
    (403, "", ConfigReason.IP_ADDRESS),
    (401, HTML.format("許可されていないIPアドレスからのアクセスです。"), ConfigReason.IP_ADDRESS),
    (200, HTML.format("Access from your IP address is restricted."), ConfigReason.IP_ADDRESS),
    (400, HTML.format("No Cert"), ConfigReason.CERTIFICATE),
    (400, HTML.format("No required SSL certificate was sent"), ConfigReason.CERTIFICATE),
    (404, "Not Found", ConfigReason.SUBDOMAIN),
    (404, '{"detail": "nobody here"}', ConfigReason.SUBDOMAIN),
]


@pytest.mark.parametrize(("status", "page", "reason"), PAGES)
def test_a_page_in_front_of_kintone_says_what_to_mend(status, page, reason):
    found = failure(status, page)

    assert isinstance(found.error, KintoneConfigError)
    assert found.error.reason is reason
    assert not found.retry


def test_a_page_that_asks_for_basic_authentication_is_about_that():
    page = HTML.format("IPアドレス制限またはBasic認証")

    error = failure(401, page, asks_for_basic=True).error

    assert isinstance(error, KintoneConfigError)
    assert error.reason is ConfigReason.BASIC_AUTH


@pytest.mark.parametrize(
    ("status", "may_have_written"),
    [(500, True), (502, True), (503, False), (504, True), (408, True), (429, False), (302, False)],
)
def test_an_outage_is_tried_again(status, may_have_written):
    found = failure(status, HTML.format("Service Unavailable"))

    assert isinstance(found.error, KintoneTransientError)
    assert found.retry
    assert found.error.may_have_written is may_have_written


def test_a_read_never_writes_whatever_was_lost():
    assert not failure(503, "", method="GET", parts=[]).error.may_have_written


def test_a_request_too_large_for_the_gateway_may_pass_in_parts():
    error = failure(413, HTML, parts=[100]).error

    assert isinstance(error, KintoneRejection)
    assert not error.known


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, '{"records": [{"id": "1"'),
        (200, "[]"),
        (200, '"text"'),
        (400, HTML),
        (418, "teapot"),
        (414, "Request URL Too Large"),
    ],
)
def test_anything_else_is_not_kintone(status, body):
    error = failure(status, body).error

    assert isinstance(error, KintoneProtocolError)
    assert error.status == status
    assert error.may_have_written is (status == 200)


def test_the_log_text_names_the_call_the_code_and_the_id_but_no_words():
    error = failure(400, refusal("GAIA_LO04", message="「C-0123」がありません。")).error

    assert str(error) == "PUT /k/v1/records.json app=1: 400 GAIA_LO04 Xy12"
    assert error.message == "「C-0123」がありません。"
