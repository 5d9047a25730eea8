"""`manage.py create_administrator NAME`: the first account of an installation that is no demo."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from audit.actors import by_command
from audit.kinds import Kind
from crm import accounts_log
from crm.models import Account


class Command(BaseCommand):
    help = "Makes an account with the right 管理者; asks for its password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="user name")

    @by_command("create_administrator")
    def handle(self, *args: Any, **options: Any) -> None:
        """The account exists.

        Raises:
            CommandError: the name will not do or is taken, or the password is too weak.
        """
        account = Account(username=options["name"], role=Account.Role.ADMINISTRATOR)
        try:
            account.full_clean(exclude=["password"])
            password = getpass(_("パスワード：") + " ")
            validate_password(password, user=account)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        account.set_password(password)
        with accounts_log.changing(Kind.ACCOUNT_ADD, account.username):
            account.save()
        self.stdout.write(_("管理者「%(name)s」を追加しました。") % {"name": account.username})
