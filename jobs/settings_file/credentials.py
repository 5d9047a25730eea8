"""How a connection logs in, as the settings file says it; secrets are remembered by name."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from integrations.models import Connection
from jobs.models import SecretName
from jobs.settings_file.specs import ABSENT, AuthSpec, ConnectionSpec, Secret

#: Columns that `fill` may change and that are shown in a report, with their names there.
SHOWN = ("subdomain", "domain", "login", "basic_user", "certificate_file")
#: Columns that are never shown.
HIDDEN = ("password", "tokens", "basic_password", "certificate_password")


def fill(connection: Connection, spec: ConnectionSpec) -> None:
    """Put what the file says about domain and login into the connection; nothing is saved."""
    if spec.subdomain is not ABSENT:
        connection.subdomain = spec.subdomain
    if spec.domain is not ABSENT:
        connection.domain = spec.domain
    if spec.auth is not ABSENT:
        _fill_login(connection, spec.auth)
        _fill_extras(connection, spec.auth)


def remember_names(connection: Connection, auth: AuthSpec) -> None:
    """Keep the names of the environment variables, so that the file can be written again."""
    secrets = secrets_of(auth)
    if auth.tokens or auth.login:
        names = SecretName.objects.filter(connection=connection)
        names.filter(secret__startswith="token.").delete()  # noqa: S106 — a name
    for secret, named in secrets.items():
        SecretName.objects.update_or_create(
            connection=connection, secret=secret, defaults={"variable": named.variable}
        )


def label_of(column: str) -> str:
    """What the column is called in a report."""
    return {
        "subdomain": _("サブドメイン"),
        "domain": _("ドメイン"),
        "login": _("ログイン名"),
        "password": _("パスワード"),
        "tokens": _("APIトークン"),
        "basic_user": _("Basic認証のユーザー名"),
        "basic_password": _("Basic認証のパスワード"),
        "certificate_file": _("クライアント証明書"),
        "certificate_password": _("クライアント証明書のパスワード"),
    }[column]


def secrets_of(auth: AuthSpec) -> Mapping[str, Secret]:
    """The secrets that the file names, by what `SecretName.secret` calls them."""
    secrets = {f"token.{number}": token for number, token in enumerate(auth.tokens, start=1)}
    if auth.password:
        secrets["password"] = auth.password
    if auth.basic:
        secrets["basic_password"] = auth.basic.password
    if auth.certificate and auth.certificate.password:
        secrets["certificate_password"] = auth.certificate.password
    return secrets


def _fill_login(connection: Connection, auth: AuthSpec) -> None:
    if auth.tokens:
        connection.tokens = "\n".join(token.value for token in auth.tokens)
        connection.login = connection.password = ""
    elif auth.login and auth.password:
        connection.login, connection.password = auth.login, auth.password.value
        connection.tokens = ""


def _fill_extras(connection: Connection, auth: AuthSpec) -> None:
    if auth.basic is not ABSENT:
        connection.basic_user = auth.basic.user if auth.basic else ""
        connection.basic_password = auth.basic.password.value if auth.basic else ""
    if auth.certificate is not ABSENT:
        certificate = auth.certificate
        password = certificate.password if certificate else None
        connection.certificate_file = certificate.file if certificate else ""
        connection.certificate_password = password.value if password else ""
