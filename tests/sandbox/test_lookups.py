"""Lookups (kintone-api.md §5.2, and the right to the source app: §1.2, §1.3)."""

import pytest

from tests.sandbox.conftest import by_key, error_of, errors_of, record


def lookup(app, key="code", **copies):
    return {
        "type": "SINGLE_LINE_TEXT",
        "lookup": {
            "relatedApp": {"app": str(app), "code": ""},
            "relatedKeyField": key,
            "fieldMappings": [
                {"field": here, "relatedField": there} for here, there in copies.items()
            ],
            "lookupPickerFields": [],
            "filterCond": 'name = "nobody"',
            "sort": "",
        },
    }


@pytest.fixture
def source(kintone):
    app = kintone.add_app(
        "会社",
        {
            "code": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "name": {"type": "SINGLE_LINE_TEXT"},
            "size": {"type": "NUMBER"},
        },
    )
    kintone.add_records(app, [{"code": "C1", "name": "青葉商事", "size": "10"}, {"code": "C2"}])
    return app


@pytest.fixture
def app(kintone, source):
    return kintone.add_app(
        "部署",
        {
            "key": {"type": "SINGLE_LINE_TEXT", "unique": True},
            "company": lookup(source, company_name="name", company_size="size"),
            "company_name": {"type": "SINGLE_LINE_TEXT", "required": False},
            "company_size": {"type": "NUMBER"},
            "other": {"type": "SINGLE_LINE_TEXT"},
        },
    )


def copied(kintone, app, index=0):
    one = kintone.records(app)[index]
    return one["company"], one["company_name"], one["company_size"]


def test_a_key_brings_the_values_of_its_source(kintone, api, app):
    api.add(app, company="C1", company_name="自分で", company_size="99")

    assert copied(kintone, app) == ("C1", "青葉商事", "10")


def test_values_sent_for_copied_fields_are_ignored_without_a_key_too(kintone, api, app):
    api.add(app, company_name="自分で")

    assert copied(kintone, app) == ("", "", "")


def test_a_key_without_a_source_is_refused_alone_without_an_index(kintone, api, app):
    puts = [by_key("key", "1", company="C1"), by_key("key", "2", company="C9")]

    answer = api.upsert(app, *puts, by_key("key", "3", company="C8"))

    assert error_of(answer) == (400, "GAIA_LO04")
    assert "errors" not in answer.json()
    assert "「company」の値「C9」" in answer.json()["message"]
    assert kintone.records(app) == []


def test_violations_of_other_fields_are_reported_first(kintone, api, app):
    kintone.set_field(app, "other", required=True)

    answer = api.upsert(app, by_key("key", "1", company="C9"))

    assert list(errors_of(answer)) == ["records[0].other.value"]


def test_a_required_field_that_a_missing_source_leaves_open_is_not_reported(kintone, api, app):
    kintone.set_field(app, "company_name", required=True)

    missing = api.upsert(app, by_key("key", "1", company="C9"))
    empty = api.upsert(app, by_key("key", "1", company="C2"))

    assert error_of(missing) == (400, "GAIA_LO04")
    assert list(errors_of(empty)) == ["records[0].company_name.value"]


def test_an_omitted_key_keeps_and_an_empty_one_clears(kintone, api, app):
    number = api.add(app, company="C1")

    api.put("record.json", app=app, id=number, record=record(other="x"))
    assert copied(kintone, app) == ("C1", "青葉商事", "10")

    api.put("record.json", app=app, id=number, record=record(company=""))
    assert copied(kintone, app) == ("", "", "")


def test_the_source_is_copied_again_only_when_the_key_is_sent(kintone, api, source, app):
    number = api.add(app, company="C1")
    api.put("records.json", app=source, records=[by_key("code", "C1", name="新青葉商事")])

    assert copied(kintone, app)[1] == "青葉商事"
    api.put("record.json", app=app, id=number, record=record(company="C1"))
    assert copied(kintone, app)[1] == "新青葉商事"


def test_a_user_without_the_right_to_the_source_is_told_that_it_is_missing(
    kintone, api, source, app
):
    kintone.grant(source, "add")

    answer = api.upsert(app, by_key("key", "1", company="C1"))

    assert error_of(answer) == (400, "GAIA_LO04")
    form = api.get("app/form/fields.json", app=app)["properties"]
    assert form["company"]["lookup"] is None


def test_tokens_must_bring_the_one_of_the_source_along(kintone, api, source, app):
    own, viewing = kintone.token(app), kintone.token(source, "view")
    api.headers = {"X-Cybozu-API-Token": own}
    assert error_of(api.upsert(app, by_key("key", "1", company="C1"))) == (400, "GAIA_LO04")
    assert api.get("app/form/fields.json", app=app)["properties"]["company"]["lookup"] is None

    api.headers = {"X-Cybozu-API-Token": f"{own}, {viewing}"}
    assert api.upsert(app, by_key("key", "1", company="C1")).status_code == 200
    assert api.get("app/form/fields.json", app=app)["properties"]["company"]["lookup"]


def test_a_lookup_cannot_be_an_update_key(kintone, api, source):
    field = {**lookup(source), "unique": True}
    app = kintone.add_app("部署", {"company": field})

    assert "unique" not in api.get("app/form/fields.json", app=app)["properties"]["company"]
    assert error_of(api.upsert(app, by_key("company", "C1"))) == (400, "GAIA_IQ27")


def test_a_source_key_that_allows_duplicates_is_a_fault_of_the_app(kintone, api, source):
    app = kintone.add_app("部署", {"company": lookup(source, key="name")})

    answer = api.call("POST", "record.json", {"app": app, "record": record(company="青葉商事")})

    assert error_of(answer) == (400, "GAIA_LO03")


def test_the_source_may_be_found_by_its_record_number(kintone, api, source):
    app = kintone.add_app(
        "部署",
        {
            "company": lookup(source, key="レコード番号", name="name"),
            "name": {"type": "SINGLE_LINE_TEXT"},
        },
    )

    api.add(app, company="1")
    missing = api.call("POST", "record.json", {"app": app, "record": record(company="x")})

    assert kintone.records(app)[0]["name"] == "青葉商事"
    assert error_of(missing) == (400, "GAIA_LO04")


def test_a_required_lookup_is_checked_like_any_field(kintone, api, app):
    kintone.set_field(app, "company", required=True)

    answer = api.call("POST", "record.json", {"app": app, "record": record(company="")})

    assert errors_of(answer) == {"record.company.value": ["必須です。"]}


def test_a_lookup_inside_a_table_works_per_row(kintone, api, source):
    columns = {"company": lookup(source, name="name"), "name": {"type": "SINGLE_LINE_TEXT"}}
    app = kintone.add_app("表", {"rows": {"type": "SUBTABLE", "fields": columns}})

    api.add(app, rows=[{"value": record(company="C1", name="自分で")}, {"value": record()}])
    missing = api.call(
        "POST",
        "record.json",
        {"app": app, "record": record(rows=[{"value": record(company="C9")}])},
    )

    rows = kintone.records(app)[0]["rows"]
    assert [row["value"]["name"]["value"] for row in rows] == ["青葉商事", ""]
    assert error_of(missing) == (400, "GAIA_LO04")
