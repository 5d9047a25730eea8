"""Requests to addresses that people enter go outside alone, whatever a name leads to."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from integrations.egress import Egress, InsideAddressError, is_outside
from integrations.kintone.trust import tls_context
from integrations.outbound import plain_session
from tests.integrations.misbehaving import answer, misbehaving_server

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1"),
    *("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a00:1::"),
]
OUTSIDE = ["203.0.112.7", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_within_is_not_outside(address):
    assert not is_outside(ip_address(address))
    assert not Egress().permits(address, encrypted=True)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is_reached_by_https_alone(address):
    assert Egress().permits(address, encrypted=True)
    assert not Egress().permits(address, encrypted=False)


def test_the_operator_lets_requests_into_networks_within_also_by_http():
    egress = Egress((ip_network("10.1.2.0/24"), ip_network("fd00::/64")))

    assert egress.permits("10.1.2.3", encrypted=False)
    assert egress.permits("fd00::5", encrypted=True)
    assert not egress.permits("10.1.3.1", encrypted=True)
    assert not egress.permits("8.8.8.8", encrypted=False)


def test_a_link_local_address_with_its_zone_is_within():
    assert not Egress().permits("fe80::1%eth0", encrypted=True)


def session_of(*inside: str):
    session = plain_session({})
    adapter = Egress(tuple(ip_network(one) for one in inside)).adapter(
        tls_context(ca_bundle=None, certificate=None)
    )
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_however_this_machine_is_written_nothing_is_sent_to_it(host, scheme):
    with misbehaving_server(answer(b"secret")) as server, session_of() as session:
        port = server.url.rpartition(":")[2]
        with pytest.raises(InsideAddressError):
            session.post(f"{scheme}://{host}:{port}/", timeout=2)
        assert server.received == []


def test_a_name_that_leads_within_with_one_of_its_addresses_is_refused_whole(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("8.8.8.8", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_options: found)
    with session_of() as session, pytest.raises(InsideAddressError):
        session.post("https://two-faced.example/", timeout=2)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch):
    with misbehaving_server(answer(b"here")) as server, session_of("127.0.0.1/32") as session:
        port = int(server.url.rpartition(":")[2])
        asked = []

        def look_up(host, *_given, **_options):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *given, **options: (
                look_up(host) if host == "shifty.example" else real(host, *given, **options)
            ),
        )
        assert session.post(f"http://shifty.example:{port}/", timeout=2).text == "here"
        assert asked == ["shifty.example"]
