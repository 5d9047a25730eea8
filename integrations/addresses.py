"""Reads what people paste: kintone's URLs, full-width digits, spaces; and makes URLs for people."""

import re
import unicodedata
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection

#: A host name's label. Nothing else may get between `https://` and kintone's domain.
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

validate_subdomain = RegexValidator(
    rf"\A{SUBDOMAIN.pattern}\Z",
    _("サブドメインに使えるのは、半角の英数字とハイフン（-）です。"),
    code="subdomain",
)

#: What a bigint column holds.
_LARGEST_ID = 2**63 - 1

_DOMAINS = "|".join(re.escape(domain) for domain in Connection.Domain.values)
_HOST = re.compile(rf"(?:https?://)?(?P<sub>[^/.\s]+)(?:\.s)?\.(?P<domain>{_DOMAINS})(?:[/?#:].*)?")
_APP = re.compile(r"(?:^|/)k/(?:guest/(?P<space>\d{1,19})/)?(?P<app>\d{1,19})(?:[/?#].*)?$")


class SubdomainRead(NamedTuple):
    """What was read: the subdomain, and the domain if the text named one."""

    subdomain: str
    domain: str | None


class AppRead(NamedTuple):
    """What was read: the app id, and the guest space if the text was a URL within one."""

    app: int
    guest_space: int | None


def read_subdomain(text: str) -> SubdomainRead:
    """The subdomain in `text`: itself, a host, or any URL of that kintone.

    Raises:
        ValidationError: it is none; worded for the reader.
    """
    tidy = _tidy(text).lower()
    host = _HOST.fullmatch(tidy)
    read = SubdomainRead(host["sub"], host["domain"]) if host else SubdomainRead(tidy, None)
    validate_subdomain(read.subdomain)
    return read


def read_app_id(text: str) -> AppRead:
    """The app id in `text`: digits, or the URL of the app or of anything in it.

    Raises:
        ValidationError: it is none; worded for the reader.
    """
    tidy = _tidy(text)
    found = _APP.search(tidy)
    if found:
        space = int(found["space"]) if found["space"] else None
        read = AppRead(int(found["app"]), space)
    elif re.fullmatch(r"[0-9]{1,19}", tidy):
        read = AppRead(int(tidy), None)
    else:
        raise ValidationError(
            _("アプリIDは数字です。kintoneでアプリを開き、URLの/k/の後の数字を入力してください。"),
            code="app",
        )
    if not 1 <= read.app <= _LARGEST_ID or (read.guest_space or 0) > _LARGEST_ID:
        raise ValidationError(
            _(
                "このアプリIDはありません。kintoneでアプリを開き、URLの/k/の後の数字を入力してください。"
            ),
            code="app",
        )
    return read


def _tidy(text: str) -> str:
    """Without spaces, full-width letters and digits as half-width."""
    return "".join(unicodedata.normalize("NFKC", text).split())
