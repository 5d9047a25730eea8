"""The practice kintone (練習用kintone) as step 1 fills it in for somebody who tries hpsync out."""

from sandbox.demo import LOGIN, PASSWORD, demo_world

#: Which of its apps takes companies: the first one of the demo.
COMPANY_APP = 1


def practice_kintone() -> dict[str, object]:
    """What a person would enter: subdomain, login, password, and the app of each record type."""
    domain = demo_world().default
    assert COMPANY_APP in domain.apps
    return {
        "subdomain": domain.name,
        "login": LOGIN,
        "password": PASSWORD,
        "apps": {"company": COMPANY_APP},
    }
