"""The kintone apps of a company with a Hot Profile, and what must stand in them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from crm.writing.departments import SEPARATOR
from sandbox.hotprofile.world import Tenant
from tests.builders_mapping import form_answer
from tests.fixtures.kintone import Kintone

KEY = {"type": "SINGLE_LINE_TEXT", "label": "外部ID", "unique": True}
TEL = {"type": "LINK", "label": "電話番号", "protocol": "CALL"}

#: Record type → field code: source, as in the settings file.
RULES: dict[str, dict[str, Any]] = {
    "company": {
        "code": "external_id",
        "name": "name",
        "tel": "main_tel",
        "industry": "business_category_kbn",
    },
    "department": {
        "code": "external_id",
        "path": "path",
        "company": "company.external_id",
    },
    "lead": {
        "code": "external_id",
        "name": {"template": "{family_name} {first_name}"},
        "tel": "tel",
        "email": "email",
        "company": "company.external_id",
        "department": "department.external_id",
    },
}

Content = dict[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where customers go: a kintone with an app for each record type."""

    kintone: Kintone
    apps: Mapping[str, int]
    """By record type."""

    @classmethod
    def in_kintone(cls, kintone: Kintone) -> Self:
        """New apps, all of them empty."""
        return cls(kintone, _add_apps(kintone))

    def holds_companies_of(self, tenant: Tenant) -> bool:
        """Whether it holds the tenant's companies, and the departments that leads speak of."""
        companies = _held_companies(self.kintone, self.apps["company"])
        departments = _held_departments(self.kintone, self.apps["department"])
        return companies == _wanted_companies(tenant) and departments == _wanted_departments(tenant)

    def holds_leads_of(self, tenant: Tenant, *, numbers: Collection[int]) -> bool:
        """Whether it holds the tenant's leads of these numbers, and no others."""
        apps = self.apps
        held = _held_leads(self.kintone, apps["lead"], departments=apps["department"])
        return held == _wanted_leads(tenant, numbers=numbers)

    def revisions(self) -> dict[str, dict[str, str]]:
        """Record type → external ID → the revision of its record."""
        return {
            name: {one["code"]: one["$revision"] for one in self.kintone.records(app)}
            for name, app in self.apps.items()
        }

    def moved_since(self, before: Mapping[str, Mapping[str, str]]) -> dict[str, set[str]]:
        """Record type → external IDs of the records that were written since those revisions."""
        return {
            name: {code for code, revision in held.items() if before[name].get(code) != revision}
            for name, held in self.revisions().items()
        }


def _wanted_companies(tenant: Tenant) -> Content:
    """External ID → name, phone, industry."""
    return {
        str(number): (
            entry.values["name"],
            entry.values["main_tel"],
            entry.values["business_category_kbn"],
        )
        for number, entry in tenant.companies.by_id.items()
    }


def _wanted_departments(tenant: Tenant) -> set[tuple[str, str]]:
    """Company and path of every department that leads speak of, and of those above."""
    found = set()
    for lead in tenant.leads.by_id.values():
        names = tenant.hierarchy(lead.values["organization_id"])
        company = str(lead.values["client_id"])
        found |= {(company, SEPARATOR.join(names[:depth])) for depth in range(1, len(names) + 1)}
    return found


def _wanted_leads(tenant: Tenant, *, numbers: Collection[int]) -> Content:
    """External ID → name, phone, e-mail, company, path of the department."""
    found = {}
    for number in numbers:
        values = tenant.leads.by_id[number].values
        found[str(number)] = (
            f"{values['family_name']} {values['first_name']}",
            values["tel"],
            values["email"],
            str(values["client_id"]),
            SEPARATOR.join(tenant.hierarchy(values["organization_id"])),
        )
    return found


def _held_companies(kintone: Kintone, app: int) -> Content:
    """What kintone holds of companies, as `_wanted_companies`."""
    return _by_code(kintone, app, "name", "tel", "industry")


def _held_departments(kintone: Kintone, app: int) -> set[tuple[str, str]]:
    """What kintone holds of departments, as `_wanted_departments`; none may be there twice."""
    held = [(one["company"], one["path"]) for one in kintone.records(app)]
    assert len(set(held)) == len(held)
    return set(held)


def _held_leads(kintone: Kintone, app: int, *, departments: int) -> Content:
    """What kintone holds of leads, as `_wanted_leads`."""
    paths = {one["code"]: one["path"] for one in kintone.records(departments)}
    held = _by_code(kintone, app, "name", "tel", "email", "company", "department")
    return {code: (*values, paths.get(last, "")) for code, (*values, last) in held.items()}


def _by_code(kintone: Kintone, app: int, *fields: str) -> Content:
    records = kintone.records(app)
    held = {one["code"]: tuple(one[field] for field in fields) for one in records}
    assert len(held) == len(records)
    return held


def _add(kintone: Kintone, app_name: str, /, **fields: Any) -> int:
    return kintone.add_app(app_name, form_answer({"code": KEY, **fields})["properties"])


def _lookup(label: str, app: int) -> dict[str, Any]:
    lookup = {
        "relatedApp": {"app": str(app), "code": ""},
        "relatedKeyField": "code",
        "fieldMappings": [],
        "lookupPickerFields": [],
        "filterCond": "",
        "sort": "",
    }
    return {"type": "SINGLE_LINE_TEXT", "label": label, "lookup": lookup}


def _add_apps(kintone: Kintone) -> dict[str, int]:
    """Record type → the app that takes it."""
    company = _add(
        kintone,
        "顧客リスト",
        name={"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
        tel=TEL,
        industry={"type": "SINGLE_LINE_TEXT", "label": "業種"},
    )
    department = _add(
        kintone,
        "部署",
        path={"type": "MULTI_LINE_TEXT", "label": "部署階層"},
        company=_lookup("会社外部ID", company),
    )
    lead = _add(
        kintone,
        "見込み客",
        name={"type": "SINGLE_LINE_TEXT", "label": "氏名", "required": True},
        tel=TEL,
        email={"type": "LINK", "label": "メールアドレス", "protocol": "MAIL"},
        company=_lookup("会社外部ID", company),
        department=_lookup("部署外部ID", department),
    )
    return {"company": company, "department": department, "lead": lead}
