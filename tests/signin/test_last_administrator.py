"""Two administrators who shut each other out at the same moment: one of them stays."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from crm.models import Account
from tests.conftest import PASSWORD, signed_in


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"role": "general", "active": "on"}, {"role": "administrator"}])
def test_of_two_who_shut_each_other_out_one_remains(change: dict[str, str]) -> None:
    first, second = (
        Account.objects.create_user(name, password=PASSWORD, role="administrator")
        for name in ("hitori", "futari")
    )
    together = Barrier(2)

    def shut_out(by: Client, whom: Account) -> int:
        try:
            together.wait()
            address = reverse("crm:account", args=[whom.pk])
            return by.post(address, {"username": whom.username, **change}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        answers = [
            both.submit(shut_out, signed_in(first), second),
            both.submit(shut_out, signed_in(second), first),
        ]
        statuses = sorted(answer.result() for answer in answers)

    remaining = [one for one in Account.objects.all() if one.is_administrator]
    assert len(remaining) == 1
    # Who came second was told so, or was nobody any more by then.
    assert statuses[0] == 302
    assert statuses[1] in {302, 403, 422}
