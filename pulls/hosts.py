"""Reads the host that a person enters, and says where its API key may be sent."""

import re
import unicodedata
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: The vendor's domain. Source: the connector's definition, x-ms-connector-metadata, Website.
VENDOR_DOMAIN = "hotprofile.biz"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_OURS = re.compile(rf"(?:{_LABEL}\.)+{re.escape(VENDOR_DOMAIN)}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class HostRefusedError(ValueError):
    """Nothing may be sent to that host."""


def read_host(text: str) -> str:
    """The host in `text`: itself, or any address of that Hot Profile.

    Raises:
        ValidationError: it is none that may be used; worded for the reader.
    """
    tidy = "".join(unicodedata.normalize("NFKC", text).split()).lower()
    try:
        host = urlsplit(tidy).netloc if "://" in tidy else tidy.partition("/")[0]
    except ValueError:  # as of "http://["
        host = tidy
    if not _is_allowed(host):
        message = _(
            "「%(host)s」は使用できません。ホットプロファイルを開いたときのアドレスのうち、"
            "「example.%(domain)s」にあたる部分を入力してください。"
        )
        raise ValidationError(message % {"host": host[:100], "domain": VENDOR_DOMAIN}, code="host")
    return host


def base_url(host: str) -> str:
    """`https://HOST`; plain http only to a loopback address that the operator allows.

    Raises:
        HostRefusedError: the host is neither the vendor's nor one that the operator allows.
    """
    if not _is_allowed(host):
        message = "the host is neither the vendor's nor in HOTPROFILE_HOSTS"
        raise HostRefusedError(message)
    is_loopback = urlsplit(f"//{host}").hostname in _LOOPBACK
    return f"{'http' if is_loopback else 'https'}://{host}"


def _is_allowed(host: str) -> bool:
    allowed: list[str] = settings.HOTPROFILE_HOSTS
    return _OURS.fullmatch(host) is not None or host in allowed
