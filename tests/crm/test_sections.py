"""部署権限モード: the owner's section and those above it see what is open to 「グループ」."""

import pytest
from django.core.exceptions import ValidationError

from common.types import RecordType
from crm import access, changes
from crm.models import AccessMode, Lead, Member
from crm.visibility import visible_to
from tests.builders_crm import make_company, make_lead, make_member

pytestmark = pytest.mark.django_db

SALES = "営業本部"
EAST = "営業本部＞東日本営業部"


@pytest.fixture(autouse=True)
def by_sections() -> None:
    access.choose(AccessMode.SECTIONS)


def seen_by(member: Member) -> set[str]:
    leads = Lead.objects.filter(visible_to(member.pk))
    return set(leads.values_list("family_name", flat=True))


def test_a_lead_is_seen_by_its_owners_section_and_by_those_above_it() -> None:
    owner = make_member(section=EAST)
    make_lead(family_name="青葉", visibility="グループ", owner=owner)

    assert seen_by(owner) == {"青葉"}
    assert seen_by(make_member(section=EAST)) == {"青葉"}
    assert seen_by(make_member(section=SALES)) == {"青葉"}


@pytest.mark.parametrize(
    "section", ["", "営業本部＞西日本営業部", f"{EAST}＞第1課", "営業", "営業本部＞東日本"]
)
def test_a_lead_is_not_seen_from_beside_from_below_or_from_a_section_that_begins_alike(
    section: str,
) -> None:
    make_lead(visibility="グループ", owner=make_member(section=EAST))

    assert seen_by(make_member(section=section)) == set()


def test_everyones_leads_and_those_of_the_owner_alone_stay_what_they_are() -> None:
    owner = make_member(section=EAST)
    make_lead(family_name="全体", visibility="全体", owner=owner)
    make_lead(family_name="本人", visibility="営業担当者のみ", owner=owner)

    assert seen_by(make_member(section=SALES)) == {"全体"}
    assert seen_by(owner) == {"全体", "本人"}


def test_groups_say_nothing_and_an_owner_without_a_section_opens_a_lead_to_nobody() -> None:
    viewer = make_member(section=SALES, groups=["東"])
    make_lead(visibility="グループ", groups=["東"], owner=make_member())
    make_lead(visibility="グループ", groups=["東"])

    assert seen_by(viewer) == set()
    access.choose(AccessMode.GROUPS)
    assert len(seen_by(viewer)) == 2


def test_a_sync_reads_by_the_mode_that_is_in_force() -> None:
    viewer = make_member(section=SALES)
    lead = make_lead(make_company(), visibility="グループ", owner=make_member(section=EAST))

    def visible() -> bool:
        [record] = changes.load(
            RecordType.LEAD, [lead.pk], item_keys=["family_name"], viewer_id=viewer.pk
        )
        return record.visible

    assert visible()
    access.choose(AccessMode.GROUPS)
    assert not visible()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" 営業本部 ＞ 東日本営業部 ", EAST),
        ("営業本部>東日本営業部", EAST),
        ("＞営業本部＞＞東日本営業部＞", EAST),
        (" ＞ ", ""),
    ],
)
def test_a_section_is_stored_with_one_kind_of_separator(typed: str, stored: str) -> None:
    assert make_member(section=typed).section == stored


def test_a_section_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValidationError):
        make_member(section="部" * 1001)
