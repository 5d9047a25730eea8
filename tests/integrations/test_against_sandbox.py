"""The client's scenarios once more, against a kintone that follows the fact sheet and not us."""

import time

import pytest

from integrations.kintone.client import KintoneClient
from integrations.kintone.credentials import Credentials
from integrations.kintone.errors import (
    ConfigReason,
    FieldRefusal,
    KintoneConfigError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.form import FieldType, NumberPrecision, Rounding
from integrations.kintone.values import AppInfo, Operation, RecordPut

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "コード", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True, "maxLength": "10"},
    "capital": {"type": "NUMBER", "label": "資本金", "maxValue": "1000"},
    "rank": {
        "type": "DROP_DOWN",
        "label": "ランク",
        "options": {"A": {"label": "A", "index": "0"}, "B": {"label": "B", "index": "1"}},
    },
    "tags": {
        "type": "CHECK_BOX",
        "label": "タグ",
        "options": {"x": {"label": "x", "index": "0"}},
    },
    "owner": {"type": "USER_SELECT", "label": "担当"},
    "lines": {
        "type": "SUBTABLE",
        "label": "明細",
        "fields": {
            "item": {"type": "SINGLE_LINE_TEXT", "label": "品名", "maxLength": "3"},
        },
    },
}


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客リスト", FIELDS)


def client_of(kintone, **given):
    defaults = {
        "base_url": kintone.url,
        "credentials": Credentials(login=kintone.login, password=kintone.password),
        "sleep": lambda seconds: None,
        "timeout": 5,
    }
    return KintoneClient(**(defaults | given))


@pytest.fixture
def client(kintone):
    with client_of(kintone) as opened:
        yield opened


def by_key(key, **record):
    return RecordPut(key=key, record={"name": "青葉"} | record)


def put(client, app, *puts, **given):
    return client.put_records(list(puts), app=app, key_field="code", **given)


def refused(client, app, *puts):
    with pytest.raises(KintoneRejection) as caught:
        put(client, app, *puts)
    return caught.value


def config_reason(call):
    with pytest.raises(KintoneConfigError) as caught:
        call()
    return caught.value.reason


# ---- writing


def test_new_keys_are_inserted_and_known_ones_updated(kintone, client, app):
    (known,) = kintone.add_records(app, [{"code": "C-1", "name": "旧"}])

    results = put(client, app, by_key("C-1", name="新"), by_key("C-2"))

    assert [one.operation for one in results] == [Operation.UPDATE, Operation.INSERT]
    assert results[0].record_id == known
    assert {one["code"]: one["name"] for one in kintone.records(app)} == {
        "C-1": "新",
        "C-2": "青葉",
    }


def test_a_put_by_id_changes_the_key(kintone, client, app):
    (known,) = kintone.add_records(app, [{"code": "C-1", "name": "青葉"}])

    (result,) = put(client, app, RecordPut(record_id=known, record={"code": "C-9"}))

    assert (result.record_id, result.operation) == (known, Operation.UPDATE)
    assert [one["code"] for one in kintone.records(app)] == ["C-9"]


def test_a_put_by_an_id_that_is_gone_is_an_insert_under_a_new_id(kintone, client, app):
    (gone,) = kintone.add_records(app, [{"code": "C-1", "name": "青葉"}])
    kintone.remove_record(app, gone)

    (result,) = put(client, app, RecordPut(record_id=gone, record={"code": "C-1", "name": "青葉"}))

    assert result.operation is Operation.INSERT
    assert result.record_id != gone


def test_without_upsert_an_unknown_key_is_refused(kintone, client, app):
    with pytest.raises(KintoneRejection) as caught:
        put(client, app, by_key("C-1"), upsert=False)

    assert caught.value.code == "GAIA_RE20"
    assert kintone.records(app) == []


def test_a_request_of_a_hundred_is_one_exchange(kintone, client, app):
    results = put(client, app, *[by_key(f"C-{number}") for number in range(100)])

    assert len({result.record_id for result in results}) == 100
    assert [(one.method, one.app, one.counted) for one in kintone.requests] == [("PUT", app, 1)]


def test_several_requests_of_a_bulk_are_carried_out_in_their_order(kintone, client, app):
    first = [RecordPut(key=f"A-{n}", record={"name": f"A{n}"}) for n in range(100)]
    second = [RecordPut(key="A-0", record={"name": "B"})]

    results = client.put_in_bulk([first, second], app=app, key_field="code")

    assert [len(part) for part in results] == [100, 1]
    assert results[1][0].record_id == results[0][0].record_id
    assert kintone.records(app)[0]["name"] == "B"


def test_a_bulk_with_a_bad_record_writes_nothing_and_names_it(kintone, client, app):
    good = [RecordPut(key="A-1", record={"name": "A"})]
    bad = [RecordPut(key="A-2", record={"name": "A"}), RecordPut(key="A-3", record={"name": ""})]

    with pytest.raises(KintoneRejection) as caught:
        client.put_in_bulk([good, bad, good], app=app, key_field="code")

    assert (caught.value.part, sorted(caught.value.problems)) == (1, [1])
    assert kintone.records(app) == []


def test_a_text_of_every_kind_arrives_as_it_left(kintone, client, app):
    odd = "髙﨑\u200b①\t\"'\\"

    put(client, app, by_key("Ｃ－１ ", name=odd))

    (record,) = kintone.records(app)
    assert (record["code"], record["name"]) == ("Ｃ－１ ", odd)


# ---- refusals


def test_all_refused_fields_come_with_the_index_of_their_record(kintone, client, app):
    error = refused(
        client,
        app,
        by_key("C-1"),
        by_key("C-2", name="", capital="2000"),
        by_key("C-3"),
        by_key("C-4", rank="Z", tags=["y"], lines=[{"value": {"item": {"value": "四文字だ"}}}]),
    )

    assert error.code == "CB_VA01"
    assert {index: {one.field for one in found} for index, found in error.problems.items()} == {
        1: {"name", "capital"},
        3: {"rank", "tags", "lines.item"},
    }
    assert FieldRefusal(field="name", message="必須です。") in error.problems[1]
    assert kintone.records(app) == []


def test_a_number_that_is_none_is_refused_by_its_field(client, app):
    error = refused(client, app, by_key("C-1"), by_key("C-2", capital="1,000"))

    assert [one.field for one in error.problems[1]] == ["capital"]


def test_a_user_who_is_unknown_names_no_record(client, app):
    error = refused(client, app, by_key("C-1"), by_key("C-2", owner=[{"code": "nobody"}]))

    assert (error.code, error.problems, error.known) == ("GAIA_IL26", {}, True)


def test_a_missing_lookup_source_names_no_record(kintone, client, app):
    lookup = {
        "relatedApp": {"app": str(app), "code": ""},
        "relatedKeyField": "code",
        "fieldMappings": [],
        "lookupPickerFields": [],
        "filterCond": "",
        "sort": "",
    }
    leads = kintone.add_app(
        "リード",
        {
            "code": FIELDS["code"],
            "company": {"type": "SINGLE_LINE_TEXT", "label": "会社", "lookup": lookup},
        },
    )

    error = refused(client, leads, RecordPut(key="L-1", record={"company": "C-1"}))

    assert (error.code, error.problems, error.known) == ("GAIA_LO04", {}, True)


def test_a_code_that_nobody_has_seen_is_an_unknown_refusal(kintone, client, app):
    kintone.fail(code="GAIA_ZZ99", status=400)

    error = refused(client, app, by_key("C-1"))

    assert (error.known, error.problems) == (False, {})


# ---- what a person must mend


def test_a_wrong_login_is_told_apart_from_a_wrong_token(kintone, app):
    wrong_password = client_of(kintone, credentials=Credentials(login="sync", password="wrong"))
    wrong_token = client_of(kintone, credentials=Credentials(tokens=("wrong",)))

    assert config_reason(lambda: wrong_password.get_form(app)) is ConfigReason.LOGIN
    assert config_reason(lambda: wrong_token.get_form(app)) is ConfigReason.TOKEN


def test_an_app_that_is_not_there_is_named_so(client):
    assert config_reason(lambda: client.get_app(999)) is ConfigReason.APP
    assert config_reason(lambda: put(client, 999, by_key("C-1"))) is ConfigReason.APP


def test_an_app_of_a_guest_space_needs_its_path(kintone, client):
    app = kintone.add_app("ゲスト", FIELDS, guest_space=3)

    assert config_reason(lambda: client.get_form(app)) is ConfigReason.GUEST_SPACE
    with client_of(kintone, guest_space=3) as guest:
        assert put(guest, app, by_key("C-1"))[0].operation is Operation.INSERT


def test_a_key_that_no_longer_forbids_duplicates_is_named_so(kintone, client, app):
    kintone.set_field(app, "code", unique=False)

    assert config_reason(lambda: put(client, app, by_key("C-1"))) is ConfigReason.UPDATE_KEY


def test_a_login_without_the_right_to_add_is_named_so(kintone, client, app):
    kintone.grant(app, "view", "edit")

    assert config_reason(lambda: put(client, app, by_key("C-1"))) is ConfigReason.PERMISSION


def test_a_blocked_address_is_recognised(kintone, client, app):
    kintone.block()

    assert config_reason(lambda: client.get_form(app)) is ConfigReason.IP_ADDRESS


def test_tokens_of_several_apps_go_together(kintone, app):
    other = kintone.add_app("別", FIELDS)
    tokens = (kintone.token(app), kintone.token(other))

    with client_of(kintone, credentials=Credentials(tokens=tokens)) as client:
        assert put(client, app, by_key("C-1"))[0].operation is Operation.INSERT
        assert put(client, other, by_key("C-1"))[0].operation is Operation.INSERT


# ---- outages


def test_a_put_cut_before_it_was_carried_out_is_sent_again(kintone, client, app):
    kintone.cut(before_write=True)

    (result,) = put(client, app, by_key("C-1"))

    assert result.operation is Operation.INSERT


def test_a_put_cut_after_it_was_carried_out_makes_no_second_record(kintone, client, app):
    kintone.cut(before_write=False)

    (result,) = put(client, app, by_key("C-1"))

    assert result.operation is Operation.UPDATE
    assert len(kintone.records(app)) == 1


@pytest.mark.parametrize(("status", "may_have_written"), [(503, False), (502, True), (504, True)])
def test_an_outage_that_lasts_is_given_up(kintone, client, app, status, may_have_written):
    kintone.fail(status=status, body="<html>Service Unavailable</html>", times=None)

    with pytest.raises(KintoneTransientError) as caught:
        put(client, app, by_key("C-1"))

    assert len(kintone.requests) == 4
    assert caught.value.may_have_written is may_have_written


@pytest.mark.parametrize("code", ["GAIA_TO04", "GAIA_DA02", "GAIA_RE18", "GAIA_LT01"])
def test_a_kintone_that_is_busy_for_a_moment_is_asked_again(kintone, client, app, code):
    kintone.fail(code=code, times=3)

    assert put(client, app, by_key("C-1"))[0].operation is Operation.INSERT


def test_an_answer_that_takes_too_long_is_given_up(kintone, app):
    put_by = client_of(kintone, timeout=0.1)
    kintone.latency(after=0.5)
    began = time.monotonic()

    with pytest.raises(KintoneTransientError) as caught:
        put(put_by, app, by_key("C-1"))

    assert time.monotonic() - began < 3
    assert caught.value.may_have_written


def test_an_answer_that_is_no_json_is_evidence(kintone, client, app):
    kintone.fail(status=200, body="<html>welcome</html>")

    with pytest.raises(KintoneProtocolError):
        put(client, app, by_key("C-1"))


# ---- reading


def test_an_app_and_its_form_are_read(client, app):
    form = client.get_form(app)

    assert client.get_app(app) == AppInfo(app=app, name="顧客リスト")
    assert form.fields["code"].can_be_update_key
    assert form.fields["name"].required
    assert form.fields["name"].max_length == 10
    assert form.fields["rank"].options == ("A", "B")
    assert form.fields["lines"].columns["item"].max_length == 3
    assert FieldType.UNKNOWN not in {one.type for one in form.fields.values()}


def test_the_precision_of_an_apps_numbers_is_read_also_for_columns(kintone, client):
    column = {"rows": {"type": "SUBTABLE", "fields": {"n": {"type": "NUMBER"}}}}
    number = kintone.add_app("数値", column)
    kintone.set_precision(number, 20, 0, "UP")

    form = client.get_form(number)

    precision = form.fields["rows"].columns["n"].precision
    assert precision == NumberPrecision(digits=20, decimals=0, rounding=Rounding.UP)
    assert precision.integer_digits == 20


def test_records_are_found_and_counted(kintone, client, app):
    kintone.add_records(app, [{"code": f"C-{n}", "name": "青葉"} for n in range(3)])

    found = client.get_records(app, query='code in ("C-1") limit 10', fields=("$id", "code"))

    assert [one["code"] for one in found] == ["C-1"]
    assert isinstance(found[0]["$id"], int)
    assert client.count_records(app) == 3


def test_a_query_too_long_for_a_url_finds_the_same(kintone, client, app):
    kintone.add_records(app, [{"code": f"{n:013}", "name": "青葉"} for n in range(3)])
    keys = ", ".join(f'"{n:013}"' for n in range(400))

    found = client.get_records(app, query=f"code in ({keys}) limit 500", fields=("code",))

    assert len(found) == 3


def test_a_login_is_checked_without_counting(kintone, client):
    client.check_login()

    assert [one.counted for one in kintone.requests] == [0]
