"""A made up tenant of any size: the same for the same numbers and seed."""

import random
from datetime import timedelta
from typing import Any, Final

from sandbox.hotprofile.world import DEMO_KEY, Tenant, start_of

_PLACES: Final = (
    *("青葉", "若葉", "緑川", "朝日", "桜井", "北斗", "千歳", "港", "富士見", "大和", "あさひ"),
    *("みなと", "東雲", "白鳥", "松風", "光", "銀河", "琵琶湖", "筑波", "相模"),
)
_TRADES: Final = ("商事", "電機", "製作所", "物産", "食品", "建設", "運輸", "情報システム")
_FORMS: Final = (("株式会社", ""), ("", "株式会社"), ("有限会社", ""), ("", "合同会社"))
_PREFECTURES: Final = ("東京都", "大阪府", "愛知県", "福岡県", "北海道", "宮城県", "広島県")
_INDUSTRIES: Final = ("製造業", "小売業", "情報・通信業", "建設業", "運輸業", "卸売業")
_WORKERS: Final = ("1〜49名", "50〜99名", "100〜299名", "300名以上")
_FAMILIES: Final = (
    *(("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ")),
    *(("伊藤", "イトウ"), ("渡辺", "ワタナベ"), ("山本", "ヤマモト"), ("中村", "ナカムラ")),
)
_FIRSTS: Final = (
    *(("花子", "ハナコ"), ("一郎", "イチロウ"), ("美咲", "ミサキ"), ("健", "ケン")),
    *(("恵", "メグミ"), ("翔太", "ショウタ")),
)
_UNITS: Final = (
    *("営業本部", "管理本部", "技術本部", "営業部", "総務部", "開発部", "第一課", "第二課"),
)
_POSTS: Final = ("部長", "課長", "係長", "主任", "", "担当")
_TAGS: Final = ("展示会2026", "セミナー", "既存顧客", "代理店")
_PRODUCTS: Final = ("名刺管理", "営業支援", "メール配信")
_OWNERS: Final = (
    ("佐藤 花子", "sato@example.com"),
    ("鈴木 一郎", "suzuki@example.com"),
    ("高橋 健", "takahashi@example.com"),
)
_RANKS: Final = ("A", "B", "C")


def demo_tenant(
    *,
    companies: int = 300,
    departments: int = 120,
    leads: int = 1000,
    seed: int = 1,
    api_key: str = DEMO_KEY,
    limit: int = 100,
) -> Tenant:
    """A tenant of so many companies, departments and leads."""
    dice = random.Random(seed)  # noqa: S311 — made up data
    tenant = Tenant(api_key=api_key, limit=limit)
    begin = start_of()
    for number in range(1, companies + 1):
        at = begin + timedelta(seconds=number)
        tenant.add("clients", _company(dice, number), number=number, at=at)
    units = _add_departments(tenant, dice, departments)
    for number in range(1, leads + 1):
        at = begin + timedelta(days=1, seconds=number)
        tenant.add("leads", _lead(dice, number, units, companies), number=number, at=at)
    return tenant


def churn(tenant: Tenant, *, changes: int = 10, seed: int = 1) -> dict[str, list[int]]:
    """Change so many companies and leads at random, each once; which ones."""
    dice = random.Random(seed)  # noqa: S311 — made up data
    with tenant.lock:
        kinds = ("clients", "leads")
        every = [(kind, one) for kind in kinds for one in tenant.entries(kind).between(1)]
        chosen = dice.sample(every, min(changes, len(every)))
        for kind, number in chosen:
            phone = "main_tel" if kind == "clients" else "tel"
            serial = f"{dice.randrange(10**8):08}"
            tenant.change(kind, number, {phone: f"050-{serial[:4]}-{serial[4:]}"})
        return {kind: sorted(number for other, number in chosen if other == kind) for kind in kinds}


def _company(dice: random.Random, number: int) -> dict[str, Any]:
    before, after = dice.choice(_FORMS)
    short = f"{dice.choice(_PLACES)}{dice.choice(_TRADES)}{number}"
    owner, code = dice.choice(_OWNERS)
    return {
        "name": f"{before}{short}{after}",
        "name_disp": short,
        "zip": f"{dice.randrange(10**7):07}",
        "pref": dice.choice(_PREFECTURES),
        "address": f"中央{dice.randrange(1, 9)}-{dice.randrange(1, 30)}",
        "main_tel": f"03-{dice.randrange(10**4):04}-{dice.randrange(10**4):04}",
        "url": f"https://www.c{number}.example.com/",
        "mail_domain": f"c{number}.example.com",
        "business_category_kbn": dice.choice(_INDUSTRIES),
        "worker_number_kbn": dice.choice(_WORKERS),
        "corporate_number": 10**12 + number,
        "user_name": owner,
        "user_code": code,
        "items": [
            {"label": "証券コード", "value": f"{dice.randrange(10**4):04}"},
            {"label": "顧客ランク", "value": dice.choice(_RANKS)},
        ],
    }


def _add_departments(tenant: Tenant, dice: random.Random, count: int) -> dict[int, list[int]]:
    """Company → its departments; about a third of them under another one."""
    found: dict[int, list[int]] = {}
    companies = len(tenant.companies.by_id)
    used: dict[int, int] = {}
    for _count in range(count):
        company = dice.randrange(1, max(companies // 2, 1) + 1)
        index = used.get(company, 0)
        used[company] = index + 1
        name = _UNITS[index] if index < len(_UNITS) else f"第{index}グループ"
        siblings = found.setdefault(company, [])
        parent = dice.choice(siblings) if siblings and dice.random() < 0.6 else None
        siblings.append(tenant.add_department(company, name, parent=parent))
    return found


def _lead(
    dice: random.Random, number: int, units: dict[int, list[int]], companies: int
) -> dict[str, Any]:
    family, family_kana = dice.choice(_FAMILIES)
    first, first_kana = dice.choice(_FIRSTS)
    owner, code = dice.choice(_OWNERS)
    unit = None
    company = dice.randrange(1, companies + 1)
    if units and dice.random() < 0.6:
        company = dice.choice(list(units))
        unit = dice.choice(units[company])
    return {
        "client_id": company,
        "organization_id": unit,
        "family_name": family,
        "first_name": first,
        "family_name_kana": family_kana,
        "first_name_kana": first_kana,
        "post": dice.choice(_POSTS),
        "tel": f"03-{dice.randrange(10**4):04}-{dice.randrange(10**4):04}",
        "email": f"lead{number}@c{company}.example.com",
        "pref": dice.choice(_PREFECTURES),
        "trade_on": f"2026/{dice.randrange(1, 13):02}/{dice.randrange(1, 29):02}",
        "lead_status": 2 if dice.random() < 0.05 else 1,
        "tags": dice.sample(_TAGS, dice.randrange(3)),
        "interest_product_type_names": dice.sample(_PRODUCTS, dice.randrange(2)),
        "important_customer_flg": dice.random() < 0.1,
        "owner_user_name": owner,
        "owner_user_code": code,
        "items": [{"label": "希望連絡方法", "value": dice.choice(["電話", "メール", ""])}],
    }
