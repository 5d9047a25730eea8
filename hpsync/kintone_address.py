"""Where kintone is, as the operator wrote it: checked before anything is sent there."""

import ipaddress
from urllib.parse import urlsplit


def checked_url_template(template: str) -> str:
    """`template` without a closing slash.

    Raises:
        ValueError: it is no address, has a placeholder other than `{subdomain}` and `{domain}`,
            or would send credentials in clear over a network (`http` is for loopback only).
    """
    try:
        # A subdomain can be any word: one that is no address itself shows what the template fixes.
        sample = urlsplit(template.format(subdomain="subdomain", domain="cybozu.com"))
        host = sample.hostname
    except (KeyError, IndexError, ValueError) as error:
        message = f"{template!r}: only {{subdomain}} and {{domain}} can stand in it"
        raise ValueError(message) from error
    if sample.scheme not in ("http", "https") or not host:
        message = f"{template!r} does not begin with https:// and a host"
        raise ValueError(message)
    if sample.username is not None or sample.query or sample.fragment:
        message = f"{template!r} holds more than a host and a path"
        raise ValueError(message)
    if sample.scheme == "http" and not _is_loopback(host):
        message = f"{template!r} would send credentials in clear: http is for loopback only"
        raise ValueError(message)
    return template.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
