"""Which kintone user a member is: by hand, by the login name, by the e-mail address."""

import pytest

from common import clock
from common.types import Kind, UserRef
from integrations.kintone.values import KintonePerson
from integrations.models import Connection
from mapping import user_ties
from mapping.columns import Column
from mapping.models import Mapping
from mapping.rulespec import RuleSpec
from mapping.user_ties import Way
from mapping.users import UserTies
from tests.builders_mapping import make_connection, make_field, make_mapping

SATO = UserRef(name="佐藤", email="Sato@example.com", login="")
SUZUKI = UserRef(name="鈴木", email="suzuki@example.com", login="suzuki")
USERS: dict[str, dict[str, object]] = {
    "corporate_number": {"type": "SINGLE_LINE_TEXT", "unique": True},
    "owner": {"type": "USER_SELECT"},
}


def person(code: str, email: str = "", *, active: bool = True) -> KintonePerson:
    return KintonePerson(code=code, name=code, email=email, active=active)


def told(connection: Connection, user: UserRef) -> tuple[Way, str, bool]:
    tie = user_ties.table_of(connection).of(user)
    return tie.way, tie.code, tie.is_unmatched


def sent(ties: UserTies, *users: UserRef) -> object:
    rule = RuleSpec(field="f", source="owners")
    target = make_field("USER_SELECT")
    column = Column.of(rule, target=target, kinds={"owners": Kind.USERS}, ties=ties)
    return column.value(column.read({"owners": users}))


def test_what_a_person_chose_goes_before_everything():
    ties = UserTies(
        by_hand={"suzuki@example.com": "ichiro", "sato@example.com": ""},
        by_email={"sato@example.com": "hanako"},
    )

    assert sent(ties, SUZUKI) == [{"code": "ichiro"}]
    assert sent(ties, SATO) == []
    assert sent(ties, SATO, SUZUKI) == [{"code": "ichiro"}]


def test_without_a_login_name_the_user_of_that_address_is_meant():
    ties = UserTies(by_email={"sato@example.com": "hanako", "suzuki@example.com": "other"})

    assert sent(ties, SATO) == [{"code": "hanako"}]
    assert sent(ties, SUZUKI) == [{"code": "suzuki"}]
    assert sent(UserTies(), SATO) == [{"code": "Sato@example.com"}]


def test_only_user_selections_are_concerned():
    column = Column.of(
        RuleSpec(field="f", source="owner"),
        target=make_field("SINGLE_LINE_TEXT"),
        kinds={"owner": Kind.USER},
        ties=UserTies(by_hand={"sato@example.com": ""}),
    )

    assert column.value(column.read({"owner": SATO})) == "佐藤"


@pytest.mark.django_db
def test_the_table_tells_how_each_member_is_tied_and_who_is_missing():
    connection = make_connection()
    assert told(connection, SATO) == (Way.GUESS, "Sato@example.com", False)

    people = [person("hanako", "SATO@example.com"), person("suzuki", active=False)]
    user_ties.store_users(connection, people, now=clock.now())

    assert told(connection, SATO) == (Way.EMAIL, "hanako", False)
    assert told(connection, SUZUKI) == (Way.LOGIN, "suzuki", True)
    user_ties.save(connection, {SUZUKI.email: "hanako", SATO.email: ""})
    assert told(connection, SUZUKI) == (Way.BY_HAND, "hanako", False)
    assert told(connection, SATO) == (Way.NOTHING, "", False)
    user_ties.save(connection, {SUZUKI.email: None})
    assert told(connection, SUZUKI) == (Way.LOGIN, "suzuki", True)


@pytest.mark.django_db
def test_of_two_users_with_one_address_none_is_meant():
    connection = make_connection()
    people = [person("one", "sato@example.com"), person("two", "sato@example.com")]

    user_ties.store_users(connection, people, now=clock.now())

    assert told(connection, SATO) == (Way.GUESS, "Sato@example.com", True)


@pytest.mark.django_db
def test_a_change_concerns_the_mappings_of_the_connection_that_send_users():
    rules = {"corporate_number": "corporate_number", "owner": "owner"}
    concerned = make_mapping(form=USERS, rules=rules)
    same_kintone = make_mapping(concerned.connection, app=2)
    other = make_mapping(form=USERS, rules=rules)

    assert user_ties.save(concerned.connection, {SATO.email: "hanako"})
    assert not user_ties.save(concerned.connection, {SATO.email: "hanako", SUZUKI.email: None})

    versions = dict(Mapping.objects.values_list("pk", "version"))
    assert versions == {concerned.pk: 2, same_kintone.pk: 1, other.pk: 1}
