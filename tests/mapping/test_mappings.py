"""Reading an app's form again, and what that does to a mapping."""

from datetime import UTC, datetime

import pytest

from integrations import connections
from integrations.kintone.errors import ConfigReason, KintoneConfigError
from mapping.mappings import findings_of, form_of, plan_of, read_form
from mapping.plan import PlanError
from tests.builders_mapping import make_connection, make_mapping

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
FIELDS = {
    "corporate_number": {"type": "SINGLE_LINE_TEXT", "label": "法人番号", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
    "industry": {
        "type": "DROP_DOWN",
        "label": "業種",
        "options": {
            "製造業": {"label": "製造業", "index": "0"},
            "IT": {"label": "IT", "index": "1"},
        },
    },
}


@pytest.fixture
def connection(kintone):
    return make_connection(login=kintone.login, password=kintone.password)


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客リスト", FIELDS)


@pytest.fixture
def mapping(connection, app):
    made = make_mapping(connection, app=app)
    read(made)
    return made


def read(mapping):
    with connections.client_for(mapping.connection) as client:
        return read_form(mapping, client, now=NOW)


def test_the_first_reading_stores_name_and_form(connection, app):
    mapping = make_mapping(connection, app=app, form={}, rules={}, app_name="")
    mapping.form = {}
    mapping.save()

    change = read(mapping)

    assert change.first
    assert (mapping.app_name, mapping.form_read_at) == ("顧客リスト", NOW)
    assert form_of(mapping).fields["industry"].options == ("製造業", "IT")


def test_the_same_form_again_changes_nothing(mapping):
    version = mapping.version

    change = read(mapping)

    assert not change
    assert mapping.version == version


@pytest.mark.parametrize(
    ("alter", "difference"),
    [
        (lambda kintone, app: kintone.remove_option(app, "industry", "IT"), "altered"),
        (lambda kintone, app: kintone.set_field(app, "name", required=True), "altered"),
        (lambda kintone, app: kintone.remove_field(app, "industry"), "gone"),
        (lambda kintone, app: kintone.set_field(app, "tel", type="SINGLE_LINE_TEXT"), "added"),
    ],
)
def test_a_form_that_differs_is_told_and_raises_the_version(
    mapping, kintone, app, alter, difference
):
    version = mapping.version
    alter(kintone, app)

    change = read(mapping)

    assert getattr(change, difference)
    assert mapping.version == version + 1


def test_a_new_label_alone_disturbs_nothing(mapping, kintone, app):
    version = mapping.version
    kintone.set_field(app, "name", label="御社名")

    change = read(mapping)

    assert (bool(change), mapping.version) == (False, version)
    assert form_of(mapping).fields["name"].label == "御社名"


def test_a_renamed_field_code_is_named_by_the_checks_and_left_out_of_the_plan(
    mapping, kintone, app
):
    kintone.rename_field(app, "name", "company_name")

    change = read(mapping)

    assert (change.gone, change.added) == (("name",), ("company_name",))
    assert "field_gone" in {finding.problem.code for finding in findings_of(mapping)}
    plan = plan_of(mapping)
    assert [one.problem.field for one in plan.left_out] == ["name"]
    assert plan.build({"corporate_number": "1", "name": "青葉商事"}).record == {}


def test_a_renamed_update_key_makes_no_plan(mapping, kintone, app):
    kintone.rename_field(app, "corporate_number", "number")

    read(mapping)

    with pytest.raises(PlanError) as refused:
        plan_of(mapping)
    assert refused.value.problems[0].code == "drift.renamed_key"


def test_an_app_that_is_not_there_leaves_the_mapping_as_it_was(mapping, kintone, app):
    before = mapping.form
    kintone.delete_app(app)

    with pytest.raises(KintoneConfigError) as refused:
        read(mapping)

    assert refused.value.reason is ConfigReason.APP
    mapping.refresh_from_db()
    assert mapping.form == before


def test_without_a_form_there_is_no_plan():
    mapping = make_mapping(rules={})
    mapping.form = {}

    with pytest.raises(PlanError):
        plan_of(mapping)
