"""Departments follow from what leads say of theirs: one row each, whatever is known when."""

from datetime import timedelta

from crm.models import Alias, Department, Lead, MergedRow

HOUR = timedelta(hours=1)


def _paths_and_ids() -> list[tuple[str, str]]:
    rows = Department.objects.values_list("path", "external_id")
    return [(path, external_id or "") for path, external_id in rows]


def paths() -> dict[str, str]:
    """Path → external ID, that of our making as "made up"."""
    return {
        path: "made up" if external_id.startswith("hp:") else external_id
        for path, external_id in _paths_and_ids()
    }


def test_the_departments_above_are_there_as_well(hotprofile, pull_now):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "第一営業部", parent=head)
    lead = hotprofile.add_lead(company, organization_id=sales)

    pull_now()

    assert paths() == {"営業本部": "made up", "営業本部＞第一営業部": str(sales)}
    department = Lead.objects.get(external_id=str(lead)).department
    assert department == Department.objects.get(external_id=str(sales))


def test_a_department_above_gets_its_id_when_a_lead_of_its_own_brings_it(hotprofile, pull_now):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "第一営業部", parent=head)
    hotprofile.add_lead(company, organization_id=sales)
    pull_now()
    row = Department.objects.get(path="営業本部")

    hotprofile.add_lead(company, organization_id=head)
    pull_now()

    row.refresh_from_db()
    assert row.external_id == str(head)
    assert Department.objects.count() == 2


def test_ids_that_come_with_the_same_page_are_used_at_once(hotprofile, pull_now):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "第一営業部", parent=head)
    hotprofile.add_lead(company, organization_id=sales)
    hotprofile.add_lead(company, organization_id=head)

    pull_now()

    assert paths() == {"営業本部": str(head), "営業本部＞第一営業部": str(sales)}


def test_a_renamed_department_stays_the_same_row(hotprofile, pull_now):
    company = hotprofile.add_company()
    sales = hotprofile.world.add_department(company, "営業部")
    lead = hotprofile.add_lead(company, organization_id=sales)
    pull_now()
    row = Department.objects.get()

    hotprofile.world.departments[sales].name = "営業推進部"
    hotprofile.world.change("leads", lead, {"post": "部長"})
    pull_now()

    row.refresh_from_db()
    assert (row.name, Department.objects.count()) == ("営業推進部", 1)


def test_a_renamed_department_above_is_one_again_as_soon_as_its_own_lead_comes(
    hotprofile, pull_now
):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "営業部", parent=head)
    of_head = hotprofile.add_lead(company, organization_id=head)
    of_sales = hotprofile.add_lead(company, organization_id=sales)
    pull_now()
    row = Department.objects.get(external_id=str(head))

    hotprofile.world.departments[head].name = "営業統括本部"
    hotprofile.world.change("leads", of_sales, {"post": "部長"})
    pull_now()
    hotprofile.world.change("leads", of_head, {"post": "本部長"})
    pull_now()

    assert paths() == {"営業統括本部": str(head), "営業統括本部＞営業部": str(sales)}
    row.refresh_from_db()
    assert row.name == "営業統括本部"


def test_a_department_moves_under_another_one_with_its_leads(hotprofile, pull_now):
    company = hotprofile.add_company()
    one = hotprofile.world.add_department(company, "東日本")
    other = hotprofile.world.add_department(company, "西日本")
    sales = hotprofile.world.add_department(company, "営業部", parent=one)
    for department in (one, other, sales):
        hotprofile.add_lead(company, department, organization_id=department)
    pull_now()

    hotprofile.world.departments[sales].parent_id = other
    hotprofile.world.change("leads", sales, {"post": "部長"})
    pull_now()

    assert paths() == {"東日本": "1", "西日本": "2", "西日本＞営業部": "3"}


def test_the_same_names_in_two_companies_are_two_departments(hotprofile, pull_now):
    for _count in range(2):
        company = hotprofile.add_company()
        sales = hotprofile.world.add_department(company, "営業部")
        hotprofile.add_lead(company, organization_id=sales)

    pull_now()

    assert Department.objects.count() == 2
    for department in Department.objects.all():
        assert department.leads.get().company == department.company


def test_departments_that_are_there_already_cost_no_write(hotprofile, pull_now):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "営業部", parent=head)
    lead = hotprofile.add_lead(company, organization_id=sales)
    pull_now()
    hotprofile.world.change("leads", lead, {"post": "部長"})

    pull_now()

    assert set(Department.objects.values_list("version", flat=True)) == {1}


def test_a_lead_that_leaves_its_department_has_none(hotprofile, pull_now):
    company = hotprofile.add_company()
    sales = hotprofile.world.add_department(company, "営業部")
    lead = hotprofile.add_lead(company, organization_id=sales)
    pull_now()

    hotprofile.world.change("leads", lead, {"organization_id": None})
    pull_now()

    assert Lead.objects.get().department is None


def test_a_merged_company_s_departments_go_with_it(hotprofile, pull_now):
    old, new = hotprofile.add_company(), hotprofile.add_company()
    sales = hotprofile.world.add_department(old, "営業部")
    hotprofile.add_lead(old, organization_id=sales)
    pull_now()

    hotprofile.world.merge(old, into=new)
    pull_now()

    department = Department.objects.get()
    assert department.company.external_id == str(new)
    assert Lead.objects.get().department == department


def test_a_made_up_department_that_turns_out_to_be_another_one_leaves_its_kintone_record_to_it(
    hotprofile, pull_now, time_machine
):
    company = hotprofile.add_company()
    head = hotprofile.world.add_department(company, "営業本部")
    sales = hotprofile.world.add_department(company, "営業部", parent=head)
    of_head = hotprofile.add_lead(company, organization_id=head)
    of_sales = hotprofile.add_lead(company, organization_id=sales)
    time_machine.shift(HOUR)
    pull_now()

    hotprofile.world.departments[head].name = "営業統括本部"
    hotprofile.world.change("leads", of_sales, {"post": "部長"})
    pull_now()
    made_up = Department.objects.get(external_id__startswith="hp:")
    time_machine.shift(HOUR)
    hotprofile.world.change("leads", of_head, {"post": "本部長"})
    pull_now()

    merged = MergedRow.objects.get(record_type="department", row_id=made_up.pk)
    assert merged.into_id == Department.objects.get(external_id=str(head)).pk
    assert not Alias.objects.filter(old_id__startswith="hp:").exists()
