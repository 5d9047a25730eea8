"""What a pull brings in: everything at first, then what changed; each row once."""

from datetime import timedelta

import pytest

from common import clock
from crm.models import Alias, Company, Department, Lead
from pulls.models import Arrival, Pull, Refusal, Tenant
from sandbox.hotprofile.demo import churn, demo_tenant
from tests.pulls.conftest import counts

HOUR = timedelta(hours=1)


@pytest.fixture
def later(time_machine):
    """Lets an hour pass: changes from before are no longer in the overlap."""
    return lambda: time_machine.shift(HOUR)


def versions() -> dict[str, int]:
    """External ID → version of every company and lead."""
    return {
        f"{model.__name__} {external_id}": version
        for model in (Company, Lead)
        for external_id, version in model.objects.values_list("external_id", "version")
    }


def test_the_first_pull_brings_in_everything(hotprofile, pull_now):
    hotprofile.add_company(
        7, name="株式会社青葉商事", pref="東京都", corporate_number=1234567890123
    )
    hotprofile.add_lead(
        7,
        12,
        family_name="佐藤",
        first_name="花子",
        trade_on="2026/05/01",
        tags=["展示会", "代理店"],
        important_customer_flg=True,
        lead_status=2,
    )

    pull = pull_now()

    assert (pull.status, counts(pull)) == (Pull.Status.SUCCEEDED, {"created": 2})
    company = Company.objects.get(external_id="7")
    assert (company.name, company.name_disp, company.pref) == (
        "株式会社青葉商事",
        "青葉商事",
        "東京都",
    )
    assert company.corporate_number == "1234567890123"
    lead = Lead.objects.get(external_id="12")
    assert (lead.family_name, lead.first_name, lead.company) == ("佐藤", "花子", company)
    assert (lead.tags, lead.important_customer, lead.not_mail) == (
        ["展示会", "代理店"],
        True,
        False,
    )
    assert (str(lead.trade_on), lead.lead_status) == ("2026-05-01", "無効")


def test_a_pull_without_a_change_writes_nothing_and_costs_two_calls(hotprofile, pull_now, later):
    hotprofile.add_lead(hotprofile.add_company())
    later()
    pull_now()
    before = versions()
    later()
    hotprofile.calls.clear()

    pull = pull_now()

    assert versions() == before
    assert (pull.companies, pull.leads, pull.calls) == (0, 0, 2)
    assert [call["listing"] for call in hotprofile.calls] == ["clients", "leads"]


def test_only_what_changed_is_read_again(hotprofile, pull_now, later):
    first, second = hotprofile.add_company(), hotprofile.add_company()
    lead = hotprofile.add_lead(first)
    hotprofile.add_lead(second)
    later()
    pull_now()
    later()
    hotprofile.world.change("clients", second, {"name": "新しい名前"})
    hotprofile.world.change("leads", lead, {"post": "部長"})

    pull = pull_now()

    assert (pull.companies, pull.leads, counts(pull)) == (1, 1, {"updated": 2})
    assert Company.objects.get(external_id=str(second)).name == "新しい名前"
    assert Lead.objects.get(external_id=str(lead)).post == "部長"


def test_what_was_changed_while_it_was_read_comes_with_the_next_pull(
    hotprofile, pull_now, monkeypatch, time_machine
):
    monkeypatch.setattr("integrations.hotprofile.values.Listing.largest_page", 2)
    for number in range(1, 6):
        hotprofile.add_company(number)

    def change_the_first(pull: Pull) -> None:
        if pull.companies == 4 and pull.leads == 0:
            hotprofile.world.change("clients", 1, {"name": "途中で変わった"})
            hotprofile.world.add("clients", {"name": "途中で増えた"}, number=6)
            hotprofile.world.remove("clients", 2)

    pull_now(on_page=change_the_first)
    time_machine.shift(timedelta(minutes=5))
    pull_now()

    names = dict(Company.objects.values_list("external_id", "name"))
    assert (names["1"], names["6"]) == ("途中で変わった", "途中で増えた")
    assert set(names) == {"1", "2", "3", "4", "5", "6"}


def test_the_watermark_is_by_the_tenants_clock_and_not_by_ours(hotprofile, pull_now, tenant):
    """Their clock is an hour behind: by ours, a change there would always lie before it."""
    hotprofile.world.now = lambda: clock.now() - HOUR
    number = hotprofile.add_company()
    pull_now()

    hotprofile.world.change("clients", number, {"name": "新しい名前"})
    pull_now()

    assert Company.objects.get().name == "新しい名前"


def test_a_change_that_was_written_there_late_is_found_by_the_overlap(
    hotprofile, pull_now, time_machine
):
    number = hotprofile.add_company()
    time_machine.shift(HOUR)
    pull_now()
    written_late = clock.now() - timedelta(minutes=4)
    time_machine.shift(timedelta(minutes=5))

    hotprofile.world.change("clients", number, {"name": "遅れて書かれた"}, at=written_late)
    pull_now()

    assert Company.objects.get().name == "遅れて書かれた"


def test_pages_end_where_they_should_whatever_the_numbers(hotprofile, pull_now):
    company = hotprofile.add_company()
    for number in range(1, 201):
        hotprofile.add_lead(company, number * 3)

    pull = pull_now()

    assert Lead.objects.count() == 200
    # One for the company, and two full pages of leads: no empty one after them.
    assert pull.calls == 3


def test_a_reading_of_everything_finds_what_is_gone_and_deletes_nothing(
    hotprofile, pull_now, later
):
    kept, deleted = hotprofile.add_company(), hotprofile.add_company()
    pull_now()
    hotprofile.world.remove("clients", deleted)
    later()

    assert pull_now().gone is None
    pull = pull_now(full=True)

    assert pull.gone == 1
    assert set(Company.objects.values_list("external_id", flat=True)) == {str(kept), str(deleted)}


def test_what_comes_back_is_no_longer_gone(hotprofile, pull_now):
    number = hotprofile.add_company()
    pull_now()
    entry = hotprofile.world.companies.by_id[number]
    hotprofile.world.remove("clients", number)
    assert pull_now(full=True).gone == 1

    hotprofile.world.companies.put(number, entry)

    assert pull_now(full=True).gone == 0


def test_a_record_that_does_not_fit_is_kept_with_its_reason_and_the_rest_comes_in(
    hotprofile, pull_now, later
):
    bad = hotprofile.add_company(name="あ" * 300)
    hotprofile.add_company(name="株式会社青葉商事")

    pull = pull_now()

    assert (pull.status, counts(pull)) == (Pull.Status.PARTIAL, {"created": 1, "refused": 1})
    refusal = Refusal.objects.get()
    assert refusal.external_id == str(bad)
    assert "会社名：長すぎます" in refusal.reason

    later()
    hotprofile.world.change("clients", bad, {"name": "直した名前"})
    assert pull_now().status == Pull.Status.SUCCEEDED
    assert not Refusal.objects.exists()


def test_a_refused_record_that_was_deleted_there_is_forgotten_by_a_reading_of_everything(
    hotprofile, pull_now, later
):
    lead = hotprofile.add_lead(99)
    pull_now()
    assert Refusal.objects.count() == 1
    later()

    hotprofile.world.remove("leads", lead)
    pull_now(full=True)

    assert not Refusal.objects.exists()


def test_what_is_only_tried_again_does_not_count_as_seen(hotprofile, pull_now, later):
    number = hotprofile.add_company()
    pull_now()
    hotprofile.world.change("clients", number, {"name": "あ" * 300})
    pull_now()
    hotprofile.world.remove("clients", number)
    later()

    assert pull_now(full=True).gone == 1


def test_a_company_that_came_after_the_companies_were_read_is_fetched_for_its_lead(
    hotprofile, pull_now
):
    def add_both(pull: Pull) -> None:
        if pull.leads == 0 and not hotprofile.world.leads.by_id:
            hotprofile.add_lead(hotprofile.add_company(9, name="後から来た会社"))

    hotprofile.add_company(1)

    pull = pull_now(on_page=add_both)

    assert pull.status == Pull.Status.SUCCEEDED
    assert Lead.objects.get().company.name == "後から来た会社"


def test_a_lead_whose_company_cannot_be_had_waits_and_comes_in_by_itself(
    hotprofile, pull_now, later
):
    lead = hotprofile.add_lead(99)
    later()
    assert counts(pull_now()) == {"refused": 1}
    later()

    hotprofile.add_company(99)
    pull = pull_now()

    assert counts(pull) == {"created": 2}
    assert Lead.objects.get(external_id=str(lead)).company.external_id == "99"
    assert not Refusal.objects.exists()


def test_leads_of_companies_that_cannot_be_had_do_not_use_the_calls_up(
    hotprofile, pull_now, later, monkeypatch
):
    monkeypatch.setattr("pulls.writing.MOST_ASKED_FOR", 7)
    monkeypatch.setattr("pulls.writing.MOST_ASKED_FOR_AGAIN", 3)
    for number in range(1, 31):
        hotprofile.add_lead(1000 + number)
    later()

    assert (pull_now().calls, Refusal.objects.count()) == (2 + 7, 30)
    later()

    assert pull_now().calls == 2 + 3


def test_leads_of_a_merged_company_move_to_the_one_that_stayed(hotprofile, pull_now, later):
    old, new = hotprofile.add_company(), hotprofile.add_company()
    lead = hotprofile.add_lead(old)
    pull_now()
    row = Lead.objects.get(external_id=str(lead))
    later()

    hotprofile.world.merge(old, into=new)
    pull_now()

    row.refresh_from_db()
    assert row.company.external_id == str(new)
    assert Lead.objects.count() == 1


def test_a_lead_that_still_names_a_merged_company_is_the_one_that_stayed_s(hotprofile, pull_now):
    new = hotprofile.add_company(5)
    hotprofile.world.became[4] = new
    hotprofile.add_lead(4)

    pull = pull_now()

    assert pull.status == Pull.Status.SUCCEEDED
    assert Lead.objects.get().company.external_id == "5"
    assert Company.objects.count() == 1


def test_a_company_that_answers_under_another_id_is_known_by_both_from_then_on(
    hotprofile, pull_now, later
):
    new = hotprofile.add_company(5)
    hotprofile.world.became[4] = new
    hotprofile.add_lead(4)
    pull_now()
    later()

    hotprofile.add_lead(4)
    pull = pull_now()

    assert dict(Alias.objects.values_list("old_id", "new_id")) == {"4": "5"}
    assert pull.calls == 2, "nobody has to be asked again"
    assert {lead.company.external_id for lead in Lead.objects.all()} == {"5"}


def test_a_reading_of_everything_finds_companies_that_were_merged_there(
    hotprofile, pull_now, later
):
    old, new, gone = (hotprofile.add_company() for _ in range(3))
    pull_now()
    later()
    hotprofile.world.merge(old, into=new)
    hotprofile.world.remove("clients", gone)

    pull_now(full=True)

    assert {*Company.objects.values_list("external_id", flat=True)} == {str(new), str(gone)}
    assert dict(Alias.objects.values_list("old_id", "new_id")) == {str(old): str(new)}
    assert [one.external_id for one in Arrival.objects.filter(gone=True)] == [str(gone)]


def test_random_changes_at_a_tenant_of_some_size_are_exactly_what_changes_here(
    hotprofile, pull_now, later
):
    world = demo_tenant(companies=150, departments=60, leads=450, api_key=hotprofile.api_key)
    world.limit = 100_000
    hotprofile.served.tenant = world
    pull_now()
    before = versions()
    assert len(before) == 600
    later()

    changed = churn(world, changes=40)
    pull = pull_now()

    expected = {f"Company {one}" for one in changed["clients"]}
    expected |= {f"Lead {one}" for one in changed["leads"]}
    after = versions()
    # A company's phone number is shown by its leads: they get a version, but are not written.
    assert {name for name in after if after[name] != before[name]} >= expected
    assert counts(pull) == {"updated": 40}
    assert Department.objects.exclude(external_id__startswith="hp:").exists()


def test_another_host_is_read_from_its_beginning(hotprofile, pull_now, tenant):
    hotprofile.add_company()
    pull_now()
    assert Tenant.objects.get().watermark is not None

    from pulls import tenants

    tenants.save(host="other.hotprofile.biz", api_key=None, enabled=True, notify=[])

    assert Tenant.objects.get().watermark is None
    assert Tenant.objects.get().api_key == hotprofile.api_key
