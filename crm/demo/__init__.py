"""Invented customer data, the same on every machine, for a first walk through the product.

Almost all of it fits; a few rows are wrong on purpose, one for each way in which a record can fail
on its way into kintone (`spoil`), so that a newcomer meets the failed list too.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TypeAlias

from faker import Faker

from common.clock import JAPAN
from common.types import ItemValue, Kind, RecordType
from crm.demo import words

SEED = 20261122
#: No registry office has this number, so no real company has a corporate number with it.
NO_OFFICE = "9999"

#: Places of the companies that `spoil` makes fail.
SPOILED = frozenset({6, 11, 14, 15, 16, 19, 22, 25})

Row: TypeAlias = dict[str, ItemValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMember:
    """A user of the invented CRM."""

    name: str
    email: str
    login: str
    groups: tuple[str, ...]
    section: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoItem:
    """A custom item of the invented CRM."""

    record_type: RecordType
    key: str
    label: str
    kind: Kind


@dataclass(slots=True, kw_only=True)
class DemoData:
    """Everything that `manage.py demo_data` writes; rows by item key, parents before children."""

    companies: list[Row] = field(default_factory=list)
    departments: list[Row] = field(default_factory=list)
    leads: list[Row] = field(default_factory=list)


MEMBERS = (
    DemoMember(
        name="佐藤 花子",
        email="sato@example.com",
        login="sato",
        section="営業本部",
        groups=("東日本",),
    ),
    DemoMember(
        name="鈴木 一郎",
        email="suzuki@example.com",
        login="suzuki",
        section="営業本部＞東日本営業部",
        groups=("東日本",),
    ),
    DemoMember(
        name="高橋 美咲",
        email="takahashi@example.com",
        login="takahashi",
        section="営業本部＞西日本営業部",
        groups=("西日本",),
    ),
    DemoMember(
        name="田中 健",
        email="tanaka@example.com",
        login="tanaka",
        section="営業本部＞東日本営業部＞第1課",
        groups=("東日本", "西日本"),
    ),
    # Left the company: kintone does not know the login, so a user field refuses it.
    DemoMember(
        name="渡辺 退職",
        email="watanabe@example.com",
        login="watanabe",
        section="",
        groups=(),
        active=False,
    ),
)
CUSTOM_ITEMS = (
    DemoItem(
        record_type=RecordType.COMPANY,
        key="securities_code",
        label="証券コード",
        kind=Kind.TEXT,
    ),
    DemoItem(record_type=RecordType.COMPANY, key="rank", label="顧客ランク", kind=Kind.CHOICE),
    DemoItem(record_type=RecordType.COMPANY, key="contract_on", label="契約日", kind=Kind.DATE),
    DemoItem(record_type=RecordType.DEPARTMENT, key="floor", label="フロア", kind=Kind.TEXT),
    DemoItem(
        record_type=RecordType.LEAD, key="visited_at", label="最終訪問日時", kind=Kind.DATETIME
    ),
    DemoItem(record_type=RecordType.LEAD, key="contact_time", label="連絡希望時刻", kind=Kind.TIME),
    DemoItem(record_type=RecordType.LEAD, key="newsletter", label="メールマガジン", kind=Kind.FLAG),
)


def invent(*, companies: int = 300, leads: int = 1000) -> DemoData:
    """The same invented data at every call with the same numbers."""
    faker = Faker("ja_JP")
    faker.seed_instance(SEED)
    random = Random(SEED)  # noqa: S311 - invented data, no secret
    data = DemoData()
    data.companies = [
        _company(number, faker=faker, random=random) for number in range(1, companies + 1)
    ]
    # Nothing belongs to a company that will fail, else it would fail with it.
    well = [row for place, row in enumerate(data.companies) if place not in SPOILED]
    for company in well:
        data.departments += _departments(company, random=random)
    inside: dict[ItemValue, list[Row]] = {}
    for department in data.departments:
        inside.setdefault(department["company.external_id"], []).append(department)
    for number in range(1, leads + 1):
        company = random.choice(well)
        departments = inside.get(company["external_id"], [])
        data.leads.append(
            _lead(number, company=company, departments=departments, faker=faker, random=random)
        )
    spoil(data)
    return data


def corporate_number(number: int) -> str:
    """A corporate number (13 digits, right check digit) that no real company can have."""
    base = f"{NO_OFFICE}01{number:06}"
    weighted = sum(
        int(digit) * (1 if position % 2 == 0 else 2) for position, digit in enumerate(base[::-1])
    )
    return f"{9 - weighted % 9}{base}"


def spoil(data: DemoData) -> None:
    """Make a few rows of `data` fail, each in another way (needs 30 companies and 40 leads)."""
    companies, leads = data.companies, data.leads
    if len(companies) < 30 or len(leads) < 40:
        return
    companies[6]["corporate_number"] = ""  # an empty key
    companies[11]["corporate_number"] = companies[10]["corporate_number"]  # a key taken
    for company in companies[14:17]:
        company["business_category_kbn"] = "情報・通信業"  # no option of the drop-down
    companies[19]["name"] = "株式会社" + "とても長い名前の" * 24 + "研究所"  # longer than allowed
    companies[22]["sales_last_year"] = "約12億円"  # not a number
    companies[25]["main_tel"] = "03-0000-1234（代表）、03-0000-1235（営業）"  # too long
    for lead in leads[:40]:
        lead |= {"visibility": "everyone", "groups": ()}  # whoever is the sync user sees these
    leads[7]["email"] = ""  # an empty key
    leads[12]["email"] = leads[11]["email"]  # a key taken
    leads[20]["email"] = "メールなし"  # not an e-mail address
    for lead in leads[30:33]:
        lead["owner.email"] = "watanabe@example.com"  # kintone does not know this user
    # A lookup without its source.
    leads[38] |= {"company.external_id": "C-00007", "department.external_id": None}


def _company(number: int, *, faker: Faker, random: Random) -> Row:
    family, family_kana, latin = faker.last_name_pair()
    trade, trade_kana, trade_latin, industry = random.choice(words.TRADES)
    form, form_kana = random.choices(words.FORMS, weights=(8, 1, 1))[0]
    before = random.random() < 0.6
    host = f"{latin.lower()}-{trade_latin}{number}.example.jp"
    place = _place(faker=faker, random=random)
    listed = random.choice(words.LISTINGS)
    core, core_kana = f"{family}{trade}", f"{family_kana}{trade_kana}"
    return {
        "external_id": f"C-{number:05}",
        "name": f"{form}{core}" if before else f"{core}{form}",
        "name_kana": f"{form_kana}{core_kana}" if before else f"{core_kana}{form_kana}",
        "name_disp": core,
        **place,
        "main_tel": _telephone(place, random=random),
        "url": f"https://www.{host}/",
        "mail_domain": host,
        "business_category_kbn": industry,
        "worker_number_kbn": random.choice(words.WORKERS),
        "capital_kbn": random.choice(words.CAPITALS),
        "ipo_kbn": listed,
        "sales_last_year": str(random.randrange(5, 900) * 10_000_000),
        "corporate_number": corporate_number(number),
        "note": random.choice(("", "", "年度末に契約を見直す。\n担当者は4月に交代の予定。")),
        "tags": _some(words.COMPANY_TAGS, random=random),
        "owner.email": random.choice(MEMBERS[:4]).email,
        "custom.securities_code": f"{1000 + number}" if listed == "上場" else "",
        "custom.rank": random.choice("ABC"),
        "custom.contract_on": date(2020, 4, 1) + timedelta(days=random.randrange(2000)),
    }


def _departments(company: Row, *, random: Random) -> list[Row]:
    tree = random.choice(words.DEPARTMENT_TREES)
    ids = {path: f"D-{str(company['external_id'])[2:]}-{n}" for n, path in enumerate(tree, 1)}
    return [
        {
            "external_id": ids[path],
            "company.external_id": company["external_id"],
            "parent.external_id": ids.get(path.rpartition("＞")[0]),
            "name": path.rpartition("＞")[2],
            "custom.floor": f"{random.randrange(1, 12)}階",
        }
        for path in tree
    ]


def _lead(
    number: int, *, company: Row, departments: list[Row], faker: Faker, random: Random
) -> Row:
    family, family_kana, family_latin = faker.last_name_pair()
    first, first_kana, first_latin = faker.first_name_pair()
    visibility = random.choices(("everyone", "groups", "owner"), weights=(7, 2, 1))[0]
    address = f"{first_latin}.{family_latin}{number}@{company['mail_domain']}".lower()
    department = random.choice(departments)["external_id"] if departments else None
    return {
        "external_id": f"L-{number:05}",
        "company.external_id": company["external_id"],
        "department.external_id": department,
        "family_name": family,
        "first_name": first,
        "family_name_kana": family_kana,
        "first_name_kana": first_kana,
        "post": random.choice(words.POSTS),
        "tel": company["main_tel"],
        "extension": str(random.randrange(100, 9999)) if random.random() < 0.3 else "",
        "mobile_tel": f"090-0000-{random.randrange(10_000):04}",
        "email": address,
        "zip": company["zip"],
        "pref": company["pref"],
        "address": company["address"],
        "lead_status": random.choice(words.LEAD_STATUSES),
        "lead_source_kbn": random.choice(words.LEAD_SOURCES),
        "trade_on": date(2024, 1, 10) + timedelta(days=random.randrange(1000)),
        "note": random.choice(("", "", "", "次回は導入事例を紹介する。")),
        "tags": _some(words.LEAD_TAGS, random=random),
        "interest_products": _some(words.PRODUCTS, random=random),
        "important_customer": random.random() < 0.1,
        "not_mail": random.random() < 0.05,
        "owner.email": random.choice(MEMBERS[:4]).email,
        "visibility": visibility,
        "groups": (random.choice(("東日本", "西日本")),) if visibility == "groups" else (),
        "custom.visited_at": _visit(random=random),
        "custom.contact_time": random.choice((None, time(10), time(13, 30), time(16))),
        "custom.newsletter": random.random() < 0.5,
    }


def _visit(*, random: Random) -> datetime | None:
    if random.random() < 0.5:
        return None
    first = datetime(2025, 4, 1, 9, 0, tzinfo=JAPAN)
    return first + timedelta(days=random.randrange(500), minutes=15 * random.randrange(32))


def _place(*, faker: Faker, random: Random) -> Row:
    pref, zip_head, _area, cities = random.choice(words.PLACES)
    street = f"{faker.town()}{random.randrange(1, 9)}-{random.randrange(1, 30)}"
    return {
        "zip": f"{zip_head}{random.randrange(10)}-{random.randrange(10_000):04}",
        "pref": pref,
        "address": f"{random.choice(cities)}{street}-{random.randrange(1, 20)}",
    }


def _telephone(place: Row, *, random: Random) -> str:
    area = next(area for pref, _, area, _ in words.PLACES if pref == place["pref"])
    return f"{area}-0000-{random.randrange(10_000):04}"


def _some(choices: tuple[str, ...], *, random: Random) -> tuple[str, ...]:
    return tuple(random.sample(choices, k=random.choice((0, 0, 1, 1, 2))))
