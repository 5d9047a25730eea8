"""The table of a connection that ties members of the CRM to users of its kintone."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind
from audit.recording import changing
from common.types import UserRef
from integrations.kintone.form import FieldType
from integrations.kintone.values import KintonePerson
from integrations.models import Connection
from mapping.document import connection_thing, users_document
from mapping.mappings import form_of
from mapping.models import KintoneUser, Mapping, UserTie
from mapping.rules import specs_of, ties_of
from mapping.users import UserTies


class Way(models.TextChoices):
    """How a member came to a login name."""

    BY_HAND = "hand", _("手動")
    NOTHING = "nothing", _("送信しない")
    LOGIN = "login", _("社員のログイン名")
    EMAIL = "email", _("メールアドレスが一致")
    GUESS = "guess", _("メールアドレスをログイン名とみなす")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Which kintone user a member is."""

    way: Way
    code: str
    """The login name that is sent; "" if nothing is."""
    is_unmatched: bool
    """kintone has no such user, or none who is active."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TieTable:
    """A connection's table, ready to be asked."""

    ties: UserTies
    active: frozenset[str]
    """Login names of kintone's active users."""
    read_at: datetime | None
    """When they were read; None: never, so nobody is known to be missing."""

    def of(self, user: UserRef) -> Tie:
        """How this member is tied."""
        tied = self.ties.tied(user)
        if not isinstance(tied, UserRef):
            return Tie(way=Way.NOTHING, code="", is_unmatched=False)
        code = tied.login or tied.email
        is_unmatched = self.read_at is not None and code not in self.active
        return Tie(way=self._way(user), code=code, is_unmatched=is_unmatched)

    def _way(self, user: UserRef) -> Way:
        email = user.email.casefold()
        if email in self.ties.by_hand:
            return Way.BY_HAND
        if user.login:
            return Way.LOGIN
        return Way.EMAIL if email in self.ties.by_email else Way.GUESS


def table_of(connection: Connection) -> TieTable:
    """The table with what is known of kintone's users; four queries."""
    users = connection.kintone_users
    return TieTable(
        ties=ties_of(connection),
        active=frozenset(users.filter(active=True).values_list("code", flat=True)),
        read_at=users.aggregate(at=Max("read_at"))["at"],
    )


def save(connection: Connection, chosen: MappingOf[str, str | None]) -> bool:
    """Store what was chosen; return whether anything changed.

    A change raises the version of the mappings that send users: what failed is tried again, and
    what was sent is compared.

    Args:
        chosen: E-mail address → login name, "" to send nothing, None to tie by itself again.
    """
    with changing(
        Kind.MAPPING_USERS,
        lambda: {"users": users_document(connection)},
        thing=lambda: connection_thing(connection),
    ):
        Connection.objects.select_for_update().get(pk=connection.pk)
        before = ties_of(connection)
        for email, code in chosen.items():
            ties = UserTie.objects.filter(connection=connection, email=email.casefold())
            if code is None:
                ties.delete()
            else:
                UserTie.objects.update_or_create(
                    connection=connection, email=email.casefold(), defaults={"code": code}
                )
        return _noticed(connection, before)


def store_users(connection: Connection, people: Sequence[KintonePerson], *, now: datetime) -> bool:
    """Store who is in kintone, in place of what was read before; return whether ties changed."""
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)
        before = ties_of(connection)
        connection.kintone_users.all().delete()
        KintoneUser.objects.bulk_create(
            KintoneUser(
                connection=connection,
                code=person.code[:128],
                name=person.name[:255],
                email=person.email[:255],
                active=person.active,
                read_at=now,
            )
            for person in people
        )
        return _noticed(connection, before)


def _noticed(connection: Connection, before: UserTies) -> bool:
    """Whether the ties are others now; then rules that send users act differently."""
    if ties_of(connection) == before:
        return False
    concerned = [one.pk for one in connection.mappings.all() if sends_users(one)]
    Mapping.objects.filter(pk__in=concerned).update(version=F("version") + 1)
    return True


def sends_users(mapping: Mapping) -> bool:
    """Whether a rule of the mapping fills a user selection."""
    form = form_of(mapping)
    targets = (form.find(spec.field, table=spec.table) for spec in specs_of(mapping))
    return any(target and target.type is FieldType.USER_SELECT for target in targets)
