"""The pages where tokens are made and revoked."""

import re
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from api import tokens
from api.models import ApiToken
from crm.models import Account
from signin.models import OpenSession
from tests.api.conftest import MakeToken, client_with
from tests.conftest import signed_in
from tests.pages.reading import Page

NOW = datetime.fromisoformat("2026-11-22T05:05:10+00:00")
FORM = {"name": "基幹システム", "scope": "write", "record_types": ["company", "lead"], "days": "90"}


def add(client: Client, **changes: Any) -> Any:
    return client.post("/api-tokens/add/", {**FORM, **changes})


def secret_on(answer: Any) -> str:
    found = re.search(r'id="secret">([^<]+)<', answer.content.decode())
    assert found
    return found[1]


def test_without_tokens_the_list_says_so(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/api-tokens/"))

    assert "APIトークンはまだありません。" in page.text()
    assert page.links()["APIトークンを追加"] == "/api-tokens/add/"
    assert page.links()["APIの説明を開く"] == "/api/v1/docs"


def test_a_token_that_was_added_is_shown_once_and_works(
    as_administrator: Client, administrator: Account
) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = add(signed_in(administrator))
        secret = secret_on(answer)
        codes = [
            client_with(secret).get(f"/api/v1/records/{kind}").status_code
            for kind in ("company", "department", "lead")
        ]

    token = ApiToken.objects.get()
    assert codes == [200, 403, 200]
    assert (token.name, token.created_by) == ("基幹システム", administrator)
    assert token.expires_at == NOW + timedelta(days=90)
    assert "no-store" in answer["Cache-Control"]
    for path in ("/api-tokens/", f"/api-tokens/{token.pk}/"):
        page = as_administrator.get(path).content.decode()
        assert secret not in page
        assert secret[:10] in page
    assert not any(secret in str(one.get_decoded()) for one in OpenSession.objects.all())


def test_the_command_that_is_shown_reads_what_the_token_may_read(as_administrator: Client) -> None:
    page = add(as_administrator, record_types=["lead"]).content.decode()

    assert "http://testserver/api/v1/records/lead?limit=1" in page


def test_a_token_without_end_is_possible(as_administrator: Client) -> None:
    add(as_administrator, days="")

    assert ApiToken.objects.get().expires_at is None
    assert "期限なし" in Page(as_administrator.get("/api-tokens/")).text()


def test_a_form_that_lacks_something_says_what(as_administrator: Client) -> None:
    answer = as_administrator.post("/api-tokens/add/", {"days": "7"})

    text = Page(answer).text()
    assert answer.status_code == 422
    assert "名前を入力してください。" in text
    assert "権限を選択してください。" in text
    assert "対象データを1つ以上選択してください。" in text
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_after_a_look_at_what_that_means(
    as_administrator: Client, make_token: MakeToken
) -> None:
    client = client_with(make_token(name="古い連携"))
    path = f"/api-tokens/{ApiToken.objects.get().pk}/"
    page = Page(as_administrator.get(path))

    answer = as_administrator.post(path, follow=True)

    assert "すぐにhpsyncへ接続できなくなります" in page.text()
    assert "まだ使用されていません" in page.text()
    assert "APIトークン「古い連携」を失効させました。" in Page(answer).text()
    assert "失効済み" in Page(answer).text()
    assert client.get("/api/v1/records/company").status_code == 401
    assert "失効させる" not in Page(as_administrator.get(path)).buttons()


def test_a_token_that_was_revoked_keeps_the_moment_when_it_was(
    as_administrator: Client, make_token: MakeToken
) -> None:
    make_token()
    token = ApiToken.objects.get()
    tokens.revoke(token, now=NOW)

    as_administrator.post(f"/api-tokens/{token.pk}/")

    token.refresh_from_db()
    assert token.revoked_at == NOW


def test_the_list_tells_what_works_and_when_it_was_used(
    as_administrator: Client, make_token: MakeToken
) -> None:
    with time_machine.travel(NOW, tick=False):
        client_with(make_token(name="使用中")).get("/api/v1/records/company")
        make_token(name="期限", life=timedelta(0))
        text = Page(as_administrator.get("/api-tokens/")).text()

    assert "使用できます 使用中" in text
    assert "2026/11/22 14:05" in text
    assert "期限切れ 期限" in text


def test_the_pages_of_the_api_are_one_entry_of_the_navigation(as_administrator: Client) -> None:
    for path in ("/api-tokens/", "/api-tokens/add/", "/api/v1/docs"):
        page = as_administrator.get(path).content.decode()
        assert '<a href="/api-tokens/" aria-current="page">APIトークン</a>' in page
