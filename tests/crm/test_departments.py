"""Departments are trees: paths, parents, moves."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from common.types import RecordType
from crm.models import Department
from crm.writing import RowOutcome, save_one, upsert
from tests.builders_crm import change, make_companies, make_company, make_department, make_lead

pytestmark = pytest.mark.django_db


def deliver(*rows: dict[str, Any]) -> list[str]:
    report = upsert(RecordType.DEPARTMENT, rows)
    return [result.reason or result.outcome.value for result in report.results]


def paths() -> dict[str, str]:
    return {row.external_id or "": row.path for row in Department.objects.all()}


def row(key: str, name: str, parent: str = "", company: str = "C") -> dict[str, str]:
    return {
        "external_id": key,
        "name": name,
        "parent.external_id": parent,
        "company.external_id": company,
    }


def test_a_department_may_come_before_its_parent() -> None:
    make_company(external_id="C")

    assert deliver(row("3", "係", "2"), row("2", "課", "1"), row("1", "部")) == ["created"] * 3

    assert paths() == {"1": "部", "2": "部＞課", "3": "部＞課＞係"}


def test_a_parent_that_never_comes_is_named() -> None:
    make_company(external_id="C")

    [reason, accepted] = deliver(row("2", "課", "9"), row("1", "部"))

    assert reason == "上位部署外部ID：外部ID「9」の部署が見つかりません。"
    assert accepted == "created"


def test_renaming_and_moving_in_one_delivery_gives_the_paths_of_the_end() -> None:
    make_company(external_id="C")
    deliver(row("1", "部"), row("2", "課", "1"), row("3", "係", "2"), row("4", "室"))

    deliver(row("1", "本部"), row("3", "新係", "4"), row("4", "新室", "1"))

    assert paths() == {"1": "本部", "2": "本部＞課", "3": "本部＞新室＞新係", "4": "本部＞新室"}


def test_every_department_of_a_delivery_changes_its_version_at_most_once_for_itself() -> None:
    make_company(external_id="C")
    deliver(row("1", "部"), row("2", "課", "1"))

    deliver(row("2", "新課", "1"))

    assert Department.objects.get(external_id="2").version == 2
    assert Department.objects.get(external_id="1").version == 1


def test_no_department_becomes_its_own_ancestor() -> None:
    make_company(external_id="C")
    deliver(row("1", "部"), row("2", "課", "1"), row("3", "係", "2"))

    reasons = deliver(row("1", "部", "3"), row("2", "課", "2"))

    assert all("この部署に戻ってしまいます。" in reason for reason in reasons)
    assert paths() == {"1": "部", "2": "部＞課", "3": "部＞課＞係"}


def test_two_rows_that_would_close_a_circle_together_are_not_both_accepted() -> None:
    make_company(external_id="C")
    deliver(row("1", "部"), row("2", "課"))

    outcomes = deliver(row("1", "部", "2"), row("2", "課", "1"))

    assert outcomes[0] == "updated"
    assert "この部署に戻ってしまいます。" in outcomes[1]
    assert paths() == {"1": "課＞部", "2": "課"}


def test_a_parent_of_another_company_is_refused() -> None:
    make_company(external_id="C")
    make_company(external_id="D")
    deliver(row("1", "部"))

    [reason] = deliver(row("2", "課", "1", company="D"))

    assert reason == "上位部署外部ID：別の会社の部署です。"


def test_a_department_without_company_is_in_its_parents_or_refused() -> None:
    parent = make_department()

    child = save_one(
        RecordType.DEPARTMENT, {"name": "課", "parent.external_id": parent.external_id or ""}
    )
    alone = save_one(RecordType.DEPARTMENT, {"name": "課"})

    assert child.outcome is RowOutcome.CREATED
    assert Department.objects.get(name="課").company_id == parent.company_id
    assert "会社を指定してください。" in alone.reason


def test_a_department_that_moves_to_another_company_takes_all_below_along() -> None:
    old, new = make_companies(2)
    above = make_department(old, name="本部")
    sales = make_department(old, name="営業部", parent=above)
    team = make_department(old, name="一課", parent=sales)
    lead = make_lead(old, department=team)
    old.refresh_from_db()
    versions = (old.version, new.version)

    change(sales, company=new)

    for changed in (team, lead, old, new):
        changed.refresh_from_db()
    assert (sales.parent_id, sales.path) == (None, "営業部")
    assert (team.company_id, team.path) == (new.pk, "営業部＞一課")
    assert lead.company_id == new.pk
    assert lead.version > 1
    assert old.version > versions[0]
    assert new.version > versions[1]


def test_a_whole_tree_moves_in_any_order_of_its_rows() -> None:
    make_company(external_id="C")
    make_company(external_id="D")
    deliver(row("1", "部"), row("2", "課", "1"))

    outcomes = deliver(row("2", "課", "1", company="D"), row("1", "部", company="D"))

    assert set(outcomes) <= {"updated", "unchanged"}
    assert set(Department.objects.values_list("company__external_id", flat=True)) == {"D"}
    assert paths() == {"1": "部", "2": "部＞課"}


class Trees(TestCase):
    @settings(deadline=None, max_examples=50)
    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    "external_id": st.sampled_from("ABCDE"),
                    "name": st.sampled_from(["一", "二", "三"]),
                    "parent.external_id": st.sampled_from(["", *"ABCDE"]),
                }
            ),
            max_size=12,
        )
    )
    def test_whatever_comes_every_path_leads_from_a_root(self, rows: list[dict[str, str]]) -> None:
        make_company(external_id="C")

        for one in rows:
            upsert(RecordType.DEPARTMENT, [{**one, "company.external_id": "C"}])
        upsert(RecordType.DEPARTMENT, [{**one, "company.external_id": "C"} for one in rows])

        stored = {one.pk: one for one in Department.objects.all()}
        for department in stored.values():
            names, above, steps = [department.name], department.parent_id, 0
            while above is not None:
                names.append(stored[above].name)
                above = stored[above].parent_id
                steps += 1
                assert steps < 10, "a circle"
            assert department.path == "＞".join(reversed(names))
        again = upsert(
            RecordType.DEPARTMENT,
            [
                {"external_id": department.external_id, "name": department.name}
                for department in stored.values()
            ],
        )
        assert again.count(RowOutcome.UNCHANGED) == len(stored)
