"""Customer data is found, read and changed by the page."""

import pytest
from django.urls import reverse

from common.types import Kind
from crm import selectors
from crm.models import Company
from tests.builders_crm import (
    make_companies,
    make_company,
    make_custom_item,
    make_department,
    make_lead,
    make_member,
)

pytestmark = pytest.mark.django_db


def listed(client, record_type="company", **query):
    return client.get(reverse("crm:records", args=[record_type]), query).text


@pytest.mark.parametrize(
    "words",
    [
        "青葉",
        "あおば",
        "アオバ",
        "株式会社　青葉",
        "03-0000-1234",
        "C-77",
        "９８７６５４３２１０１２３",
    ],
)
def test_a_company_is_found_by_a_part_of_what_one_knows(as_administrator, words):
    make_company(
        name="株式会社青葉商事",
        name_kana="カブシキガイシャアオバショウジ",
        main_tel="03-0000-1234",
        external_id="C-77",
        corporate_number="9876543210123",
    )
    make_company(name="有限会社若葉", name_kana="ユウゲンガイシャワカバ")

    page = listed(as_administrator, q=words)

    assert "株式会社青葉商事" in page
    assert "有限会社若葉" not in page
    assert "1件見つかりました。" in page


@pytest.mark.parametrize("words", ["山田太郎", "山田 太郎", "やまだ", "taro@", "青葉 山田"])
def test_a_lead_is_found_by_name_kana_address_and_company(as_administrator, words):
    company = make_company(name="株式会社青葉商事")
    make_lead(
        company=company,
        family_name="山田",
        first_name="太郎",
        family_name_kana="ヤマダ",
        email="taro@example.jp",
    )
    make_lead(family_name="佐藤", first_name="花子", email="hanako@example.jp")

    page = listed(as_administrator, "lead", q=words)

    assert "山田 太郎" in page
    assert "佐藤" not in page


def test_a_department_is_found_by_its_company(as_administrator):
    make_department(company=make_company(name="株式会社青葉商事"), name="営業部")

    assert "営業部" in listed(as_administrator, "department", q="青葉")


def test_a_search_without_a_match_says_so_and_offers_to_clear_it(as_administrator):
    make_company()

    page = listed(as_administrator, q="どこにもない名前")

    assert "該当する会社はありません。別の条件を試してください。" in page
    assert "条件をクリア" in page


def test_an_empty_list_says_what_to_do_next(as_administrator):
    assert "ファイルを取り込むと、ここに表示されます。" in listed(as_administrator, "lead")


def test_walking_forward_and_back_shows_every_row_once(as_administrator, monkeypatch):
    monkeypatch.setattr(selectors, "PAGE_SIZE", 3)
    make_companies(7)
    found = Company.objects.all()

    first = selectors.page_of(found)
    second = selectors.page_of(found, after=first.after)
    third = selectors.page_of(found, after=second.after)
    back = selectors.page_of(found, before=third.before)

    walked = [row.pk for page in (first, second, third) for row in page.rows]
    assert walked == sorted(found.values_list("pk", flat=True))
    assert (first.before, third.after) == (None, None)
    assert list(back.rows) == list(second.rows)
    assert selectors.page_of(found, before=back.before).before is None


def test_paging_keeps_the_search(as_administrator, monkeypatch):
    monkeypatch.setattr(selectors, "PAGE_SIZE", 2)
    for number in range(5):
        make_company(name=f"青葉{number}")

    page = listed(as_administrator, q="青葉")

    assert "q=%E9%9D%92%E8%91%89&amp;after=" in page


@pytest.mark.parametrize("position", ["x", "-1", "²", "9" * 30])
def test_a_mistyped_position_shows_the_first_page(as_administrator, position):
    make_company(name="株式会社青葉商事")

    assert "株式会社青葉商事" in listed(as_administrator, after=position, company=position)


@pytest.mark.parametrize("record_type", ["company", "department", "lead"])
def test_a_list_costs_the_same_queries_however_long_it_is(
    as_administrator, record_type, django_assert_max_num_queries
):
    for _ in range(4):
        company = make_company(**{"owner.email": make_member().email})
        make_lead(company=company, department=make_department(company=company))

    # session, account, three counts, matches, page
    with django_assert_max_num_queries(7):
        listed(as_administrator, record_type)


def test_htmx_gets_the_results_alone(as_administrator):
    make_company(name="株式会社青葉商事")

    answer = as_administrator.get(
        reverse("crm:records", args=["company"]), headers={"HX-Request": "true"}
    )

    assert "株式会社青葉商事" in answer.text
    assert "<html" not in answer.text
    assert "HX-Request" in answer.headers["Vary"]


def test_a_company_leads_to_its_departments_and_leads(as_administrator):
    company = make_company()
    department = make_department(company=company, name="営業部")
    make_lead(company=company, department=department, family_name="山田")
    make_lead(family_name="佐藤")

    page = as_administrator.get(reverse("crm:record", args=["company", company.pk])).text
    leads = listed(as_administrator, "lead", company=company.pk)

    assert "部署（1件）" in page
    assert "リード（1件）" in page
    assert "山田" in leads
    assert "佐藤" not in leads


def test_one_record_shows_every_item_with_its_value(as_administrator):
    member = make_member(name="佐藤花子", email="sato@example.com")
    company = make_company(
        name="株式会社<青葉>",
        note="一行目\n二行目",
        tags=["重点", "紹介"],
        **{"owner.email": member.email},
    )

    page = as_administrator.get(reverse("crm:record", args=["company", company.pk])).text

    assert "株式会社&lt;青葉&gt;" in page
    assert "一行目<br>二行目" in page
    assert "重点<br>紹介" in page
    assert "佐藤花子（sato@example.com）" in page


@pytest.mark.parametrize("route", ["crm:record", "crm:record-edit"])
def test_a_record_that_is_gone_is_not_found(as_administrator, route):
    assert as_administrator.get(reverse(route, args=["lead", 999])).status_code == 404


def edit(client, row, *, record_type="company", **changes):
    """Send the form as the browser would: every field as it stands, and the changes."""
    address = reverse("crm:record-edit", args=[record_type, row.pk])
    form = client.get(address).context["form"]
    shown = {field.name: field.value() for field in form}
    values = {name: value for name, value in shown.items() if value not in (None, False)}
    return client.post(address, {**values, **changes}, follow=True)


def test_changing_one_field_raises_the_version_once_and_keeps_the_rest(as_administrator):
    company = make_company(
        name="株式会社青葉商事", note="一行目\n二行目", tags=["重点", "紹介"], latitude="35.6"
    )

    page = edit(as_administrator, company, main_tel="03-0000-0009").text

    before = Company.objects.filter(pk=company.pk).values().get()
    assert "変更を保存しました。" in page
    assert (before["main_tel"], before["version"]) == ("03-0000-0009", company.version + 1)
    assert (before["note"], before["tags"], before["latitude"]) == (
        "一行目\n二行目",
        ["重点", "紹介"],
        "35.6",
    )


def test_saving_without_a_change_touches_nothing(as_administrator):
    lead = make_lead(visibility="groups", groups=["東日本"], trade_on="2026-01-31", not_mail=True)

    page = edit(as_administrator, lead, record_type="lead").text

    version = lead.version
    lead.refresh_from_db()
    assert "変更はありませんでした。" in page
    assert lead.version == version


def test_a_flag_can_be_taken_off(as_administrator):
    lead = make_lead(not_mail=True)
    address = reverse("crm:record-edit", args=["lead", lead.pk])
    form = as_administrator.get(address).context["form"]
    values = {
        field.name: field.value()
        for field in form
        if field.name != "not_mail" and field.value() not in (None, False)
    }

    as_administrator.post(address, values)

    lead.refresh_from_db()
    assert not lead.not_mail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "会社名を入力してください。"),
        ({"name": "あ" * 256}, "255文字以内にしてください。"),
        ({"latitude": "北緯"}, "「北緯」は数値ではありません。"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_beside_its_field(as_administrator, changes, reason):
    company = make_company(name="株式会社青葉商事")

    answer = edit(as_administrator, company, **changes)

    assert answer.status_code == 422
    assert reason in answer.text
    assert 'class="field has-error"' in answer.text
    company.refresh_from_db()
    assert company.name == "株式会社青葉商事"


def test_a_row_can_be_added_by_hand(as_administrator):
    company = make_company()

    page = as_administrator.post(
        reverse("crm:record-add", args=["lead"]),
        {
            "family_name": "山田",
            "company.external_id": company.external_id,
            "visibility": "全体",
        },
        follow=True,
    ).text

    assert "追加しました。" in page
    assert company.leads.get().family_name == "山田"


def test_a_lead_without_a_company_is_refused(as_administrator):
    answer = as_administrator.post(
        reverse("crm:record-add", args=["lead"]), {"family_name": "山田", "visibility": "全体"}
    )

    assert answer.status_code == 422
    assert "会社" in answer.context["form"].errors.as_text()


def test_an_owner_who_is_unknown_by_now_stays_until_somebody_is_chosen(as_administrator):
    make_custom_item("tantou", kind=Kind.USER)
    company = make_company(custom={"tantou": "gone@example.com"})

    edit(as_administrator, company, main_tel="03-0000-0009")

    company.refresh_from_db()
    assert company.custom == {"tantou": "gone@example.com"}
