"""Custom items define themselves; owners are found, or given as soon as they are known."""

from common.types import Kind, RecordType
from crm import custom_items
from crm.models import Company, CustomItem, Lead, Member
from pulls.models import Pull
from pulls.owners import UnknownOwner, unknown_owners
from tests.builders_crm import make_custom_item, make_member


def item(label: str, value: object) -> dict[str, object]:
    return {"label": label, "value": value}


def test_the_first_value_of_a_label_makes_an_item_of_it(hotprofile, pull_now):
    hotprofile.add_company(items=[item("証券コード", "0012"), item("Rank", "A"), item("空", "")])

    pull_now()

    labels = dict(CustomItem.objects.values_list("label", "kind"))
    assert labels == {"証券コード": Kind.TEXT, "Rank": Kind.TEXT}
    key = CustomItem.objects.get(label="証券コード").key
    assert Company.objects.get().custom == {key: "0012", "rank": "A"}


def test_an_item_of_that_name_that_is_there_already_takes_the_values(hotprofile, pull_now):
    make_custom_item("rank", label="顧客ランク")
    hotprofile.add_company(items=[item("顧客ランク", "A")])

    pull_now()

    assert Company.objects.get().custom == {"rank": "A"}
    assert CustomItem.objects.count() == 1


def test_an_item_that_was_renamed_here_keeps_its_name_and_its_values_come(hotprofile, pull_now):
    number = hotprofile.add_company(items=[item("ランク", "A")])
    pull_now()
    custom_items.rename(CustomItem.objects.get(), label="得意先ランク")

    hotprofile.world.change("clients", number, {"items": [item("ランク", "B")]})
    pull_now()

    assert CustomItem.objects.get().label == "得意先ランク"
    assert list(Company.objects.get().custom.values()) == ["B"]


def test_an_item_that_was_deleted_here_does_not_come_back(hotprofile, pull_now):
    number = hotprofile.add_company(items=[item("ランク", "A")])
    pull_now()
    custom_items.delete(CustomItem.objects.get())

    hotprofile.world.change("clients", number, {"name": "新しい名前"})
    pull = pull_now()

    assert pull.status == Pull.Status.SUCCEEDED
    assert not CustomItem.objects.exists()


def test_several_lines_and_several_choices_lose_nothing(hotprofile, pull_now):
    number = hotprofile.add_company(items=[item("備考2", "一行"), item("区分", ["甲", "乙"])])
    pull_now()

    hotprofile.world.change("clients", number, {"items": [item("備考2", "一行目\n二行目")]})
    pull_now()

    kinds = dict(CustomItem.objects.values_list("label", "kind"))
    assert kinds == {"備考2": Kind.LONG_TEXT, "区分": Kind.CHOICES}
    assert "一行目\n二行目" in Company.objects.get().custom.values()
    assert ["甲", "乙"] in Company.objects.get().custom.values()


def test_two_items_of_one_label_are_two_items(hotprofile, pull_now):
    hotprofile.add_company(items=[item("担当", "東"), item("担当", "西")])

    pull_now()

    assert set(CustomItem.objects.values_list("label", flat=True)) == {"担当", "担当（2）"}
    assert set(Company.objects.get().custom.values()) == {"東", "西"}


def test_companies_and_leads_have_items_of_their_own(hotprofile, pull_now):
    company = hotprofile.add_company(items=[item("ランク", "A")])
    hotprofile.add_lead(company, items=[item("ランク", "B")])

    pull_now()

    types = set(CustomItem.objects.values_list("record_type", flat=True))
    assert types == {RecordType.COMPANY, RecordType.LEAD}


def test_an_owner_whose_code_is_an_address_becomes_a_member(hotprofile, pull_now):
    hotprofile.add_company(user_name="佐藤 花子", user_code="Sato@example.com")

    pull_now()

    member = Member.objects.get()
    assert (member.name, member.email) == ("佐藤 花子", "sato@example.com")
    assert Company.objects.get().owner == member


def test_an_owner_is_found_by_login_or_by_a_name_that_one_member_has(hotprofile, pull_now):
    sato = make_member(name="佐藤花子", login="sato01")
    suzuki = make_member(name="鈴木　一郎")
    company = hotprofile.add_company(user_name="別の表記", user_code="SATO01")
    hotprofile.add_lead(company, owner_user_name="鈴木 一郎", owner_user_code="u2")

    pull_now()

    assert Company.objects.get().owner == sato
    assert Lead.objects.get().owner == suzuki


def test_an_owner_whom_nobody_knows_does_not_hold_back_the_row_and_comes_later(
    hotprofile, pull_now
):
    company = hotprofile.add_company(user_name="高橋 健", user_code="u7")
    hotprofile.add_lead(company, owner_user_name="高橋 健", owner_user_code="u7")

    assert pull_now().status == Pull.Status.SUCCEEDED
    assert Company.objects.get().owner is None
    assert unknown_owners(most=5) == [UnknownOwner(code="u7", name="高橋 健", count=2)]

    member = make_member(name="高橋 健")
    pull_now()

    assert Company.objects.get().owner == member
    assert Lead.objects.get().owner == member
    assert unknown_owners(most=5) == []


def test_a_row_that_lost_its_owner_has_none(hotprofile, pull_now):
    number = hotprofile.add_company(user_name="佐藤", user_code="sato@example.com")
    pull_now()

    hotprofile.world.change("clients", number, {"user_name": "", "user_code": ""})
    pull_now()

    assert Company.objects.get().owner is None
    assert Member.objects.count() == 1
