"""Keeps requests to addresses that people enter away from hosts within our own network.

The name is resolved here and the connection made to the very address that was looked at, so that a
name which leads elsewhere a moment later gains nothing.
"""

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

Network: TypeAlias = IPv4Network | IPv6Network

#: Addresses of a name that are tried; each may take the whole time-out for connecting.
TRIED = 2

#: Answers virtual machines of Azure from a public address.
#: Source: learn.microsoft.com, "What is IP address 168.63.129.16?"
_METADATA = ip_address("168.63.129.16")
#: IPv6 addresses whose last 32 bits are an IPv4 address: NAT64 (RFC 6052), IPv4-compatible (4291).
_WITH_IPV4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))
#: Special, though versions of Python do not know it (RFC 6890).
_SPECIAL = ip_network("192.0.0.0/24")
#: All of IPv6 that has been given out as global so far (RFC 4291).
_GIVEN_OUT = ip_network("2000::/3")


class InsideAddressError(Exception):
    """The host's name leads within, or plain http leads outside; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Egress:
    """Where requests may go: anywhere outside by https, and into `inside` by http too."""

    inside: Sequence[Network] = ()
    """Networks within that the operator allows."""

    def permits(self, address: str, *, encrypted: bool) -> bool:
        """Whether a connection to that IP address may be made."""
        ip = ip_address(address.partition("%")[0])
        if any(ip in network for network in self.inside if network.version == ip.version):
            return True
        return encrypted and is_outside(ip)

    def adapter(self, context: ssl.SSLContext) -> HTTPAdapter:
        """Carries requests of a session within these bounds; TLS as `context` has it."""
        return _Adapter(self, context)


def is_outside(ip: IPv4Address | IPv6Address) -> bool:
    """Whether the address is one of the open internet: no loopback, private, link-local or such."""
    if isinstance(ip, IPv6Address):
        if inner := _ipv4_in(ip):
            return is_outside(inner)
        return ip.is_global and ip in _GIVEN_OUT
    return ip.is_global and not ip.is_multicast and ip not in _SPECIAL and ip != _METADATA


def _ipv4_in(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that the IPv6 address stands for."""
    if any(ip in network for network in _WITH_IPV4):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


class _Adapter(HTTPAdapter):
    def __init__(self, egress: Egress, context: ssl.SSLContext) -> None:
        self._egress = egress
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)  # type: ignore[arg-type]
        guard = {"egress": self._egress}
        plain = type("_PlainConnection", (_Guarded, HTTPConnection), guard)
        encrypted = type("_EncryptedConnection", (_Guarded, HTTPSConnection), guard)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_Plain", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_Encrypted", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
        }


class _Guarded(HTTPConnection):
    """Makes its connection only to an address that it may go to."""

    egress: Egress

    def _new_conn(self) -> socket.socket:
        addresses = self._resolved()
        encrypted = isinstance(self, HTTPSConnection)
        if not all(self.egress.permits(one, encrypted=encrypted) for one in addresses):
            raise InsideAddressError
        failure: Exception | None = None
        for address in addresses[:TRIED]:
            try:
                return create_connection(
                    (address, self.port or self.default_port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError:
                failure = ConnectTimeoutError(self, "the host does not answer")
            except OSError as error:
                failure = NewConnectionError(self, f"no connection ({type(error).__name__})")
        assert failure is not None
        raise failure

    def _resolved(self) -> list[str]:
        """The IP addresses of the host, each once."""
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except UnicodeError as error:  # a name that no name can be
            unknown = socket.gaierror(socket.EAI_NONAME, "not a name")
            raise NameResolutionError(self.host, self, unknown) from error
        return list(dict.fromkeys(str(address[0]) for *_rest, address in found))
