"""What the sandbox tells about rights, as kintone documents it."""

import pytest

from tests.sandbox.conftest import error_of, password

FIELDS = {
    "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "total": {"type": "CALC", "expression": "1"},
    "lines": {"type": "SUBTABLE", "fields": {"item": {"type": "SINGLE_LINE_TEXT"}}},
}
EVALUATE, RIGHTS = "records/acl/evaluate.json", "app/acl.json"


@pytest.fixture
def app(kintone):
    app = kintone.add_app("顧客リスト", FIELDS)
    kintone.add_records(app, [{"code": "1"}, {"code": "2"}])
    return app


def test_rights_of_records_and_fields_are_told_columns_beside_the_other_fields(kintone, api, app):
    kintone.app(app).read_only = {"item"}

    answer = api.get(EVALUATE, app=app, **{"ids[0]": 1, "ids[1]": 2})

    assert [one["id"] for one in answer["rights"]] == ["1", "2"]
    first = answer["rights"][0]
    assert first["record"] == {"viewable": True, "editable": True, "deletable": True}
    assert first["fields"] == {
        "code": {"viewable": True, "editable": True},
        "lines": {"viewable": True, "editable": True},
        "item": {"viewable": True, "editable": False},
    }


def test_a_right_on_the_app_that_is_taken_away_is_taken_from_its_records(kintone, api, app):
    kintone.grant(app, "view")

    (one,) = api.get(EVALUATE, app=app, **{"ids[0]": 1})["rights"]

    assert one["record"]["editable"] is False


def test_records_that_are_not_there_and_too_many_are_refused(api, app):
    assert error_of(api.call("GET", EVALUATE, params={"app": app, "ids[0]": 9})) == (
        404,
        "GAIA_RE01",
    )
    assert error_of(api.call("GET", EVALUATE, params={"app": app})) == (400, "CB_VA01")
    many = {"app": app, **{f"ids[{number}]": 1 for number in range(101)}}
    assert error_of(api.call("GET", EVALUATE, params=many)) == (400, "CB_VA01")


def test_tokens_may_not_ask_about_records_but_about_the_app(kintone, api, app):
    api.headers = {"X-Cybozu-API-Token": kintone.token(app)}

    assert error_of(api.call("GET", EVALUATE, params={"app": app, "ids[0]": 1})) == (
        403,
        "GAIA_NO01",
    )
    assert api.get(RIGHTS, app=app)["rights"]


def test_the_rights_of_an_app_are_for_who_manages_it(kintone, api, app):
    kintone.grant(app, "view", "edit", login="sato")
    (sato, everyone) = api.get(RIGHTS, app=app)["rights"]

    assert sato["entity"] == {"type": "USER", "code": "sato"}
    assert (sato["recordViewable"], sato["recordAddable"], sato["recordEditable"]) == (
        True,
        False,
        True,
    )
    assert everyone["entity"] == {"type": "GROUP", "code": "everyone"}
    api.headers = password("sato", "sato-password")
    assert error_of(api.call("GET", RIGHTS, params={"app": app})) == (403, "CB_NO02")
