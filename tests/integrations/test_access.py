"""What a login may do: asked of kintone, never guessed."""

from datetime import UTC, datetime

import pytest

from integrations.kintone.access import Access, Lock, Right, ask, granted
from integrations.kintone.credentials import Credentials
from integrations.kintone.values import RightsRow
from tests.integrations.test_against_sandbox import FIELDS, client_of

NOW = datetime(2026, 11, 22, 5, 5, tzinfo=UTC)
ALL = frozenset({"view", "add", "edit"})
NO_ADD = frozenset({"view", "edit"})


def row(kind, code="", rights=ALL):
    return RightsRow(kind=kind, code=code, granted=rights)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([row("GROUP", "everyone")], True),
        ([row("GROUP", "everyone", NO_ADD)], False),
        ([row("USER", "sync", NO_ADD), row("GROUP", "everyone")], False),
        ([row("USER", "SYNC", NO_ADD), row("GROUP", "everyone")], False),
        ([row("USER", "sato", NO_ADD), row("GROUP", "everyone")], True),
        # Everyone comes last, wherever it stands.
        ([row("GROUP", "everyone", NO_ADD), row("USER", "sync")], True),
        # He may be in the group, or have made the app.
        ([row("GROUP", "sales", NO_ADD), row("GROUP", "everyone")], None),
        ([row("ORGANIZATION", "tokyo", NO_ADD), row("USER", "sync")], None),
        ([row("CREATOR", "", ALL), row("GROUP", "everyone", NO_ADD)], None),
        # Whether he is or not, it comes to the same.
        ([row("CREATOR", "", ALL), row("GROUP", "everyone")], True),
        ([row("GROUP", "sales", NO_ADD), row("GROUP", "everyone", NO_ADD)], False),
        # A row below the one that is certain does not count.
        ([row("USER", "sync"), row("GROUP", "sales", NO_ADD)], True),
        # No row for everyone: the others may do nothing.
        ([row("USER", "sato")], False),
        ([row("GROUP", "sales")], None),
        ([row("GROUP", "sales", NO_ADD)], False),
    ],
)
def test_the_first_row_that_is_certainly_his_decides_and_else_nothing_is_said(rows, expected):
    assert granted(rows, Right.ADD, login="sync") is expected


@pytest.fixture
def app(kintone):
    app = kintone.add_app("顧客リスト", FIELDS)
    kintone.add_records(app, [{"code": "1", "name": "青葉商事"}])
    return app


def asked(kintone, app, **given):
    login = "" if given else kintone.login
    with client_of(kintone, **given) as client:
        return ask(client, app, login=login, now=NOW)


def test_a_login_name_with_all_rights_is_told_so_in_three_requests(kintone, app):
    kintone.forget_requests()

    found = asked(kintone, app)

    assert (found.view, found.add, found.edit, found.record) == (True, True, True, 1)
    assert not found.locked
    assert [one.app for one in kintone.requests if one.counted] == [app] * 3


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        (("view", "edit", "manage"), (True, False, True)),
        (("view", "add", "manage"), (True, True, False)),
        # Without the right to manage the app the right to add is not told.
        (("view", "edit"), (True, None, True)),
        (("view",), (True, None, False)),
        (("add",), (False, None, None)),
    ],
)
def test_a_right_that_is_taken_away_is_found_missing(kintone, app, rights, expected):
    kintone.grant(app, *rights)

    found = asked(kintone, app)

    assert (found.view, found.add, found.edit) == expected


def test_an_app_without_records_is_told_of_by_its_own_rights(kintone):
    empty = kintone.add_app("空", FIELDS)
    kintone.grant(empty, "view", "add", "manage")

    found = asked(kintone, empty)

    assert (found.add, found.edit, found.record) == (True, False, None)


def test_fields_that_may_not_be_edited_are_named_columns_too(kintone, app):
    kintone.app(app).read_only = {"name", "item"}

    assert asked(kintone, app).locked == {"name": Lock.READ_ONLY, "item": Lock.READ_ONLY}


def test_a_record_that_may_not_be_edited_says_nothing_of_its_fields(kintone, app):
    kintone.grant(app, "view", "add")

    found = asked(kintone, app)

    assert found.edit is False
    assert not found.locked


def test_a_token_is_asked_no_more_than_whether_it_may_look(kintone, app):
    may, may_not = kintone.token(app), kintone.token(app, "add", "edit")
    kintone.forget_requests()

    seen = asked(kintone, app, credentials=Credentials(tokens=(may,)))
    blind = asked(kintone, app, credentials=Credentials(tokens=(may_not,)))

    assert (seen.view, seen.add, seen.edit) == (True, None, None)
    assert (blind.view, blind.add, blind.edit) == (False, None, None)
    assert len(kintone.requests) == 2


def test_what_kintone_does_not_answer_is_not_known(kintone, app):
    kintone.fail(503, "Service Unavailable", times=None)

    with client_of(kintone, attempts=1) as client:
        found = ask(client, app, login="sync", sources=[app], now=NOW)

    assert (found.view, found.add, found.edit) == (None, None, None)
    assert not found.sources


def test_the_names_of_the_apps_that_lookups_read_are_asked_too(kintone, app):
    secret = kintone.add_app("秘密", FIELDS)
    kintone.grant(secret)

    with client_of(kintone) as client:
        found = ask(client, app, login="sync", sources=[app, secret], now=NOW)

    assert found.sources == {app: "顧客リスト"}


def test_what_was_found_out_is_stored_and_read_back():
    found = Access(
        asked_at=NOW,
        view=True,
        edit=False,
        record=12,
        locked={"name": Lock.HIDDEN},
        sources={5: "会社"},
    )

    assert Access.from_json(found.as_json()) == found
    assert Access.from_json({}) is None
