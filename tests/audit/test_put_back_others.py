"""「元に戻す」 of everything beside connections: it comes back, or a sentence says why not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api import tokens
from api.models import ApiToken
from audit.kinds import Kind
from audit.models import Entry
from common import clock
from common.types import Kind as ItemKind
from common.types import RecordType
from crm import access, accounts, custom_items, writing
from crm.models import AccessMode, Account, Alias, Company, CustomItem, LikelyDuplicate, Member
from integrations.models import Connection
from jobs import identity
from jobs.notices import plans
from jobs.notices.origins import origin_of
from mapping.models import Mapping
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from pulls import tenants
from pulls.models import Tenant
from tests.audit.conftest import kinds, newest
from tests.builders_crm import make_company, make_member
from tests.pages.reading import Page, filled

PutBack = Callable[..., Page]


@pytest.fixture
def rank(db: None) -> CustomItem:
    """A custom item that a company fills."""
    made = custom_items.add(RecordType.COMPANY, key="rank", label="ランク", kind=ItemKind.TEXT)
    make_company(custom={"rank": "A"})
    return made


def test_a_custom_item_that_was_added_goes(rank: CustomItem, put_back: PutBack) -> None:
    put_back(newest(Kind.ITEM_ADD))

    assert not CustomItem.objects.exists()


def test_a_custom_item_that_is_mapped_stays_with_the_reason(
    rank: CustomItem, mapping: Mapping, put_back: PutBack
) -> None:
    kept = [one for one in specs_of(mapping) if one.field != "tel"]
    save_rules(mapping, [*kept, RuleSpec(field="tel", source="custom.rank")], update_key="code")
    custom_items.rename(rank, label="格")
    added = Entry.objects.create(
        **{**Entry.objects.values().get(pk=newest().pk), "id": None, "kind": Kind.ITEM_ADD}
    )

    page = put_back(added)

    assert "「格」は項目のマッピングで使われています。" in page.text()
    assert CustomItem.objects.exists()


def test_a_custom_item_is_called_as_before(rank: CustomItem, put_back: PutBack) -> None:
    custom_items.rename(rank, label="格")

    put_back()

    assert CustomItem.objects.get().label == "ランク"


def test_a_deleted_custom_item_shows_its_values_again(
    rank: CustomItem, put_back: PutBack, as_administrator: Client
) -> None:
    custom_items.delete(rank)

    put_back()

    record = as_administrator.get(f"/customers/company/{Company.objects.get().pk}/")
    assert "ランク A" in Page(record).text()


def test_a_key_that_was_taken_meanwhile_stays_with_the_other(
    rank: CustomItem, put_back: PutBack
) -> None:
    custom_items.delete(rank)
    entry = newest()
    custom_items.add(RecordType.COMPANY, key="rank", label="別", kind=ItemKind.NUMBER)

    assert "同じキーのカスタム項目が、すでにあります。" in put_back(entry).text()
    assert CustomItem.objects.get().label == "別"


def test_a_member_is_as_before_with_groups(put_back: PutBack, db: None) -> None:
    member = make_member(name="佐藤", email="s@example.com", groups=["東京"])
    writing.save_member(
        member_id=member.pk, name="鈴木", email="t@example.com", groups=["大阪"], active=False
    )

    put_back()

    member.refresh_from_db()
    assert (member.name, member.email, member.active) == ("佐藤", "s@example.com", True)
    assert [group.name for group in member.groups.all()] == ["東京"]


def test_a_deleted_member_comes_back_without_what_it_owned(
    as_administrator: Client, put_back: PutBack
) -> None:
    member = make_member(name="佐藤", email="s@example.com", groups=["東京"])
    make_company(owner=member)
    writing.delete_member(member.pk)
    asked = Page(as_administrator.get(f"/history/{newest().pk}/put-back/")).text()
    assert "担当していた会社とリードの営業担当者は戻りません。" in asked

    put_back()

    assert Member.objects.get().email == "s@example.com"
    assert Company.objects.get().owner is None


def test_an_address_that_somebody_else_has_by_now_is_not_taken(put_back: PutBack, db: None) -> None:
    member = make_member(email="s@example.com")
    writing.delete_member(member.pk)
    entry = newest()
    make_member(email="s@example.com")

    page = put_back(entry)

    assert "このメールアドレスの社員が、すでに登録されています。" in page.text()


def test_a_member_that_was_added_goes(put_back: PutBack, db: None) -> None:
    make_member()

    put_back(newest(Kind.MEMBER_ADD))

    assert not Member.objects.exists()


def test_an_account_has_its_right_again(put_back: PutBack, db: None) -> None:
    account = accounts.add(username="t", email="", role="administrator", password="pw-of-t-0815")
    accounts.change(account, username="u", email="x@example.com", role="general", active=False)

    put_back()

    account.refresh_from_db()
    assert (account.username, account.role, account.is_active) == ("t", "administrator", True)


def test_an_account_that_was_added_is_shut_out(put_back: PutBack, db: None) -> None:
    accounts.add(username="t", email="", role="general", password="pw-of-t-0815")

    page = put_back(newest(Kind.ACCOUNT_ADD))

    assert "元に戻しました。" in page.text()
    assert not Account.objects.get(username="t").is_active


def test_a_user_name_that_is_taken_is_refused(put_back: PutBack, db: None) -> None:
    account = accounts.add(username="t", email="", role="general", password="pw-of-t-0815")
    accounts.change(account, username="u", email="", role="general", active=True)
    entry = newest()
    accounts.add(username="t", email="", role="general", password="pw-of-t-0815")

    assert "同じユーザー名「t」のユーザーがいるため" in put_back(entry).text()


def test_the_last_administrator_stays_one(
    administrator: Account, as_administrator: Client, put_back: PutBack
) -> None:
    Account.objects.filter(pk=administrator.pk).update(role="general")
    other = Account.objects.create_user("other", password="pw", role="administrator")
    administrator.refresh_from_db()
    accounts.change(administrator, username="kanri", email="", role="administrator", active=True)
    Account.objects.filter(pk=other.pk).update(is_active=False)

    page = put_back(newest(Kind.ACCOUNT_CHANGE))

    assert "ほかに有効な管理者がいないため、変更できません。" in page.text()
    administrator.refresh_from_db()
    assert administrator.role == "administrator"


def test_a_password_cannot_come_back(administrator: Account, put_back: PutBack) -> None:
    other = Account.objects.create_user("other", password="pw", role="general")
    accounts.set_password(other, password="another-0815")

    assert "パスワードは記録していません。" in put_back(newest(Kind.ACCOUNT_PASSWORD)).text()


def test_a_token_that_was_made_is_revoked_and_never_comes_back(
    administrator: Account, put_back: PutBack
) -> None:
    make_token(administrator)

    put_back(newest(Kind.TOKEN_ADD))

    assert ApiToken.objects.get().revoked_at is not None
    page = put_back(newest(Kind.TOKEN_REVOKE))
    assert "失効したAPIトークンは、元に戻せません。" in page.text()


def test_the_tenant_is_as_before_but_for_its_key(put_back: PutBack, db: None) -> None:
    tenants.save(host="a.hotprofile.biz", api_key="one", enabled=True, notify=["a@example.com"])
    tenants.save(host="a.hotprofile.biz", api_key="two", enabled=False, notify=[])

    page = put_back()

    tenant = Tenant.objects.get()
    assert (tenant.enabled, tenant.notify) == (True, ["a@example.com"])
    assert tenant.api_key == "two"
    assert "ホスト名とAPIキーは元に戻しません。" in page.text()


def test_a_key_goes_to_no_other_tenant_by_putting_back(put_back: PutBack, db: None) -> None:
    tenants.save(host="a.hotprofile.biz", api_key="one", enabled=True, notify=[])
    tenants.save(host="b.hotprofile.biz", api_key="two", enabled=True, notify=[])

    page = put_back()

    assert "ホスト名とAPIキーは元に戻しません。" in page.text()
    assert Tenant.objects.get().host == "b.hotprofile.biz"


def test_a_deleted_tenant_needs_its_key(put_back: PutBack, db: None) -> None:
    tenants.save(host="a.hotprofile.biz", api_key="one", enabled=True, notify=[])
    tenants.delete(Tenant.objects.get())

    assert "APIキーは記録していません。" in put_back().text()


def test_a_record_says_again_what_it_said(as_administrator: Client, put_back: PutBack) -> None:
    owner = make_member(email="s@example.com")
    company = make_company(pref="宮城県", tags=["東京", "大阪"], owner=owner)
    address = f"/customers/company/{company.pk}/edit/"
    changed = {"pref": "福島県", "tags": "京都", "owner.email": ""}
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))

    put_back(newest(Kind.DATA_EDIT))

    company.refresh_from_db()
    assert (company.pref, company.tags, company.owner) == ("宮城県", ["東京", "大阪"], owner)


def test_a_pair_that_was_told_apart_is_a_candidate_again(
    as_administrator: Client, put_back: PutBack
) -> None:
    one, other = make_company(name="青葉"), make_company(name="青葉")
    pair = LikelyDuplicate.objects.create(
        record_type="company",
        first_id=one.pk,
        second_id=other.pk,
        reason="phone",
        found_at=clock.now(),
    )
    as_administrator.post(f"/duplicates/company/{one.pk}/{other.pk}/", {"action": "dismiss"})

    put_back()

    pair.refresh_from_db()
    assert not pair.dismissed


def test_an_alias_that_was_deleted_comes_back(as_administrator: Client, put_back: PutBack) -> None:
    company = make_company(external_id="old")
    identity.settle_one(RecordType.COMPANY, "old", "new", now=clock.now())
    as_administrator.post(f"/identity/aliases/{Alias.objects.get().pk}/delete/")
    assert not Alias.objects.exists()

    put_back(newest(Kind.DATA_ID_FORGET))

    alias = Alias.objects.get()
    assert (alias.old_id, alias.new_id) == ("old", "new")
    company.refresh_from_db()
    assert company.external_id == "new"
    put_back(newest(Kind.DATA_IDS))
    assert not Alias.objects.exists()
    assert kinds()[-1] == "data.id_forget"


def test_an_old_id_that_is_in_use_again_is_not_taken_away(put_back: PutBack, db: None) -> None:
    make_company(external_id="old")
    identity.settle_one(RecordType.COMPANY, "old", "new", now=clock.now())
    identity.forget_alias(Alias.objects.get())
    entry = newest()
    make_company(external_id="old")

    page = put_back(entry)

    assert "旧IDまたは新IDが、ほかのデータで使われています。" in page.text()
    assert not Alias.objects.exists()


def make_token(account: Account) -> tuple[ApiToken, str]:
    values: dict[str, Any] = {"scope": ApiToken.Scope.READ, "record_types": list(RecordType)}
    return tokens.make(name="ERP", life=None, account=account, now=clock.now(), **values)


def test_the_access_mode_is_put_back(put_back: PutBack) -> None:
    access.choose(AccessMode.SECTIONS)
    access.choose(AccessMode.SECTIONS)
    [entry] = Entry.objects.filter(kind=Kind.MEMBER_ACCESS)

    put_back(entry)

    assert access.mode() is AccessMode.GROUPS


def test_a_member_is_put_back_into_its_section(put_back: PutBack) -> None:
    member = make_member(section="営業本部")
    writing.save_member(member_id=member.pk, name="新", email=member.email, section="総務部")

    put_back(newest(Kind.MEMBER_CHANGE))

    member.refresh_from_db()
    assert member.section == "営業本部"


def test_who_is_told_is_put_back(mapping: Mapping, put_back: PutBack) -> None:
    def say(*notify: str, **addresses: list[str]) -> None:
        values = plans.PlanValues(
            addresses=addresses,
            quiet_from=None,
            quiet_until=None,
            urgent_at_once=True,
            digest="immediate",
        )
        plans.save_plan(mapping.connection, values, notify=notify, now=clock.now())

    say("ops@example.com", budget=["boss@example.com"])
    say("other@example.com", drift=["dev@example.com"])

    put_back(newest(Kind.NOTICE_PLAN))

    origin = origin_of(Connection.objects.get())
    assert origin.notify == ["ops@example.com"]
    assert origin.plan.addresses == {"budget": ["boss@example.com"]}
