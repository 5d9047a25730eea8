"""Who may call what, and where (kintone-api.md §1)."""

import base64

import pytest

from tests.sandbox.conftest import by_key, error_of, errors_of, password, record

FIELDS = {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}}


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客リスト", FIELDS, code="CUST")


def token(*values):
    return {"X-Cybozu-API-Token": ",".join(values)}


def basic(user, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def read(api, app, headers=None):
    return api.call("GET", "records.json", params={"app": app}, headers=headers)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "CB_AU01")),
        (password("sync", "wrong"), (401, "CB_WA01")),
        (password("nobody", "sync-password"), (401, "CB_WA01")),
        ({"X-Cybozu-Authorization": "not base64"}, (401, "CB_WA01")),
        ({"Authorization": "Bearer something"}, (401, "CB_AU01")),
        (token("unknown"), (400, "GAIA_IA02")),
    ],
)
def test_wrong_credentials_are_refused(api, app, headers, expected):
    api.headers = {}

    answer = read(api, app, headers)

    assert error_of(answer) == expected
    assert answer.headers["Content-Type"].startswith("application/json")


def test_a_password_may_contain_colons_and_japanese(kintone, api, app):
    kintone.change_password("あ:い:う")
    api.headers = password("sync", "あ:い:う")

    assert read(api, app).status_code == 200


def test_a_changed_password_closes_the_door(kintone, api, app):
    kintone.change_password("other")

    assert error_of(read(api, app)) == (401, "CB_WA01")


def test_a_user_who_left_or_has_two_factors_cannot_log_in(kintone, api, app):
    kintone.add_user("sync", password=kintone.password, active=False)
    assert error_of(read(api, app)) == (401, "CB_WA01")

    kintone.add_user("sync", password=kintone.password, two_factor=True)
    assert error_of(read(api, app)) == (401, "CB_TW02")


def test_a_token_acts_as_administrator_within_its_permissions(kintone, api, app):
    api.headers = token(kintone.token(app, "view", "edit", "add"))

    api.add(app, code="A")

    assert kintone.records(app)[0]["作成者"]["code"] == "Administrator"
    refused = api.call("DELETE", "records.json", {"app": app, "ids": [1]})
    assert error_of(refused) == (403, "GAIA_NO01")


@pytest.mark.parametrize("permissions", [("edit",), ("add",), ("view",)])
def test_an_upsert_needs_the_rights_to_add_and_to_edit(kintone, api, app, permissions):
    kintone.add_records(app, [{"code": "A"}])
    api.headers = token(kintone.token(app, *permissions))

    assert error_of(api.upsert(app, by_key("code", "A"))) == (403, "GAIA_NO01")


@pytest.mark.parametrize(
    ("right", "method", "name", "body"),
    [
        ("view", "GET", "records.json", None),
        ("add", "POST", "record.json", {"record": {}}),
        ("edit", "PUT", "records.json", {"records": [{"id": 1}]}),
        ("delete", "DELETE", "records.json", {"ids": [1]}),
    ],
)
def test_a_user_needs_the_right_of_each_call(kintone, api, app, right, method, name, body):
    kintone.add_records(app, [{"code": "A"}])
    body = {"app": app, **body} if body else None
    params = {"app": app} if body is None else None
    others = {"view", "add", "edit", "delete"} - {right}

    kintone.grant(app, *others)
    assert error_of(api.call(method, name, body, params=params)) == (403, "CB_NO02")
    kintone.grant(app, right)
    assert api.call(method, name, body, params=params).status_code == 200


def test_the_form_is_open_to_any_of_three_rights_and_its_preview_to_managers(kintone, api, app):
    for right in ("view", "add", "manage"):
        kintone.grant(app, right)
        assert api.get("app/form/fields.json", app=app)["revision"] == "1"

    kintone.grant(app, "view")
    preview = api.call("GET", "preview/app/form/fields.json", params={"app": app})
    assert error_of(preview) == (403, "CB_NO02")
    kintone.grant(app, "edit")
    assert error_of(api.call("GET", "app/form/fields.json", params={"app": app}))[0] == 403


def test_several_tokens_ride_together_but_not_two_of_one_app(kintone, api, app):
    other = kintone.add_app("ほか", FIELDS)
    first, second, third = kintone.token(app), kintone.token(app), kintone.token(other)
    api.headers = {}

    assert read(api, app, token(first, third)).status_code == 200
    assert read(api, other, token(first, third)).status_code == 200
    assert error_of(read(api, other, token(first))) == (400, "GAIA_IA02")
    assert error_of(read(api, app, token(first, second))) == (400, "GAIA_DA03")
    assert error_of(read(api, app, token(first, "unknown"))) == (400, "GAIA_IA02")
    assert error_of(read(api, app, token(*["x"] * 10))) == (400, "GAIA_TO03")


def test_a_password_goes_before_tokens(kintone, api, app):
    assert read(api, app, token("unknown")).status_code == 200


def test_tokens_may_not_list_apps(kintone, api, app):
    api.headers = token(kintone.token(app))

    assert error_of(api.call("GET", "apps.json")) == (403, "GAIA_NO01")
    assert api.get("app.json", id=app)["name"] == "顧客リスト"


def test_apps_are_found_by_id_code_and_part_of_the_name(kintone, api, app):
    other = kintone.add_app("部署", FIELDS)

    assert [one["appId"] for one in api.get("apps.json")["apps"]] == [str(app), str(other)]
    for params in ({"ids[0]": other}, {"name": "署"}, {"limit": 1, "offset": 1}):
        assert [one["name"] for one in api.get("apps.json", **params)["apps"]] == ["部署"]
    assert [one["code"] for one in api.get("apps.json", **{"codes[0]": "CUST"})["apps"]] == ["CUST"]
    assert list(errors_of(api.call("GET", "apps.json", params={"limit": 101}))) == ["limit"]


def test_a_record_number_carries_the_code_of_its_app(kintone, api, app):
    api.add(app)

    assert kintone.records(app)[0]["レコード番号"] == "CUST-1"


def test_an_app_that_is_gone_is_not_found(kintone, api, app):
    kintone.delete_app(app)

    answer = read(api, app)

    assert error_of(answer) == (404, "GAIA_AP01")
    expected = f"指定したアプリ（id: {app}）が見つかりません。削除されている可能性があります。"
    assert answer.json()["message"] == expected


def test_guest_spaces_have_their_own_path(kintone, api, app):
    guest = kintone.add_app("ゲスト", FIELDS, guest_space=7)

    def at(prefix, number):
        return api.call("GET", "records.json", params={"app": number}, prefix=prefix)

    assert at("/k/guest/7/v1/", guest).status_code == 200
    assert error_of(at("/k/v1/", guest)) == (400, "GAIA_IL23")
    assert error_of(at("/k/guest/8/v1/", guest)) == (403, "CB_NO02")
    assert error_of(at("/k/guest/7/v1/", app)) == (403, "CB_NO02")


def test_a_domain_segment_leads_to_that_domain_and_an_unknown_one_nowhere(kintone, api, app):
    known = api.call("GET", "app.json", params={"id": app}, prefix="/demo/k/v1/")
    unknown = api.call("GET", "app.json", params={"id": app}, prefix="/nowhere/k/v1/")

    assert known.json()["name"] == "顧客リスト"
    assert unknown.status_code == 404
    assert unknown.headers["Content-Type"].startswith("text/plain")


def test_a_get_without_body_may_not_have_a_content_type(api, app):
    headers = {"Content-Type": "application/json"}

    assert error_of(read(api, app, headers)) == (400, "CB_IL02")


def test_a_long_query_may_come_as_a_post(kintone, api, app):
    kintone.add_records(app, [{"code": "A"}, {"code": "B"}])
    body = {"app": app, "query": 'code = "B"', "fields": ["code"], "totalCount": True}

    answer = api.call("POST", "records.json", body, headers={"X-HTTP-Method-Override": "GET"})

    assert answer.json() == {
        "records": [{"code": {"type": "SINGLE_LINE_TEXT", "value": "B"}}],
        "totalCount": "1",
    }


def test_basic_authentication_stands_in_front(kintone, api, app):
    kintone.require_basic("gate", "秘密")

    refused = read(api, app)
    assert refused.status_code == 401
    assert refused.headers["Content-Type"].startswith("text/html")
    assert read(api, app, basic("gate", "wrong")).status_code == 401
    assert read(api, app, basic("gate", "秘密")).status_code == 200


def test_a_blocked_address_gets_a_page_and_no_json(kintone, api, app):
    kintone.block()

    answer = read(api, app)

    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "IP" in answer.text
    kintone.unblock()
    assert read(api, app).status_code == 200


@pytest.mark.parametrize(
    ("language", "accepted", "expected"),
    [
        ("auto", None, "指定した"),
        ("auto", "*", "指定した"),
        ("auto", "ja,en;q=0.5", "指定した"),
        ("auto", "en", "The app"),
        ("en", "ja", "The app"),
        ("ja", "en", "指定した"),
    ],
)
def test_the_language_is_the_users_or_where_they_say_so_the_browsers(
    kintone, api, language, accepted, expected
):
    kintone.add_user("sync", password=kintone.password, language=language)
    headers = {"Accept-Language": accepted} if accepted else {}

    answer = api.call("GET", "app.json", params={"id": 99}, headers=headers)

    assert answer.json()["message"].startswith(expected)


def test_with_a_token_the_language_is_the_domains(kintone, api, app):
    kintone.domain.language = "en"
    api.headers = {**token(kintone.token(app)), "Accept-Language": "ja"}

    answer = api.call("GET", "record.json", params={"app": app, "id": 9})

    assert answer.json()["message"] == "The specified record (ID: 9) is not found."


def test_an_app_in_maintenance_is_closed(kintone, api, app):
    kintone.app(app).in_maintenance = True

    assert error_of(read(api, app)) == (403, "GAIA_NO02")


def test_people_are_listed_for_users_only(kintone, api, app):
    people = api.call("GET", "users.json", params={"codes[0]": "sato"}, prefix="/v1/").json()
    assert [(one["code"], one["name"]) for one in people["users"]] == [("sato", "佐藤 花子")]

    api.headers = token(kintone.token(app))
    assert error_of(api.call("GET", "users.json", prefix="/v1/")) == (403, "GAIA_NO01")


def test_a_call_that_kintone_does_not_have_is_refused(api, app):
    assert error_of(api.call("DELETE", "record.json", {"app": app})) == (400, "CB_IL02")


def test_a_file_is_attached_by_its_key_and_given_back(kintone, api):
    app = kintone.add_app("資料", {"file": {"type": "FILE", "required": True}})
    uploaded = api.session.post(
        f"{kintone.url}/k/v1/file.json",
        headers=api.headers,
        files={"file": ("契約書.txt", "本文".encode(), "text/plain")},
    ).json()

    api.add(app, file=[uploaded])
    missing = api.call(
        "POST", "record.json", {"app": app, "record": record(file=[{"fileKey": "gone"}])}
    )

    (attached,) = kintone.records(app)[0]["file"]
    assert (attached["name"], attached["size"]) == ("契約書.txt", "6")
    content = api.call("GET", "file.json", params={"fileKey": attached["fileKey"]})
    assert content.content.decode() == "本文"
    assert error_of(missing) == (404, "GAIA_BL01")
    assert error_of(api.call("GET", "file.json", params={"fileKey": "gone"})) == (404, "GAIA_BL01")
