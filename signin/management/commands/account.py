"""`manage.py account VERB NAME`: for the operator, when somebody cannot sign in any more."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from crm import accounts
from crm.models import Account
from signin import factors, sessions, throttle

VERBS = {
    "reset-second-factor": "the password alone is enough again, and the sessions end",
    "unlock": "wrong passwords and codes count no more",
    "make-administrator": "gives the right 管理者, and lets in who was shut out",
    "set-password": "asks for a new password, and the sessions end",
}


class Command(BaseCommand):
    help = "Mends the way in of one account, for an operator who was locked out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        told = "; ".join(f"{verb}: {meaning}" for verb, meaning in VERBS.items())
        parser.add_argument("verb", choices=VERBS, help=told)
        parser.add_argument("name", help="user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """The account is as asked for.

        Raises:
            CommandError: there is no such account, or what is needed is missing.
        """
        name = options["name"]
        account = Account.objects.filter(username=name).first()
        if account is None:
            raise CommandError(_("ユーザー「%s」はいません。") % name)
        done = {
            "reset-second-factor": _reset_second_factor,
            "unlock": _unlock,
            "make-administrator": _make_administrator,
            "set-password": _set_password,
        }[options["verb"]](account)
        self.stdout.write(done % name)


def _reset_second_factor(account: Account) -> str:
    if not factors.remove(account):
        raise CommandError(_("ユーザー「%s」は2要素認証を設定していません。") % account.username)
    sessions.end_all(account)
    return _("ユーザー「%s」の2要素認証をリセットしました。")


def _unlock(account: Account) -> str:
    factors.unlock(account)
    try:
        throttle.unlock(account.username)
    except RedisError as error:
        text = _("ブローカー（Redis）に接続できないため、待ち時間を解除できませんでした。")
        raise CommandError(text) from error
    return _("ユーザー「%s」のサインインの待ち時間を解除しました。")


def _make_administrator(account: Account) -> str:
    accounts.make_administrator(account)
    return _("ユーザー「%s」を管理者にしました。")


def _set_password(account: Account) -> str:
    password = getpass(_("パスワード：") + " ")
    try:
        validate_password(password, user=account)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    accounts.set_password(account, password=password)
    sessions.end_all(account)
    return _("ユーザー「%s」のパスワードを変更しました。")
