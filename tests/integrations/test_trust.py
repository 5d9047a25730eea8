"""TLS with a kintone that asks for a client certificate, on a real socket."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from integrations.kintone.credentials import ClientCertificate, Credentials
from integrations.kintone.errors import ConfigReason, KintoneConfigError, KintoneTransientError
from tests.integrations.builders import make_client

PASSWORD = "certificate password"
ANSWER = b'{"appId": "1", "name": "over TLS"}'


class Authority:
    """Issues certificates for this machine."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self.certificate = self._sign(self.name, self.key, authority=True)
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return key, self._sign(subject, key, authority=False)

    def _sign(self, subject, key, *, authority):
        now = datetime.now(UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def pem_file(folder, issued, *, password=None):
    key, certificate = issued
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    file = folder / "pair.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        + certificate.public_bytes(Encoding.PEM)
    )
    return file


def pfx_file(folder, issued, *, password):
    key, certificate = issued
    encryption = BestAvailableEncryption(password.encode())
    file = folder / "pair.pfx"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(None, key, certificate, None, encryption)
    )
    return file


@pytest.fixture
def tls_kintone(authority, tmp_path):
    """The address of a server that answers only to certificates of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem_file(tmp_path, authority.issue("kintone")))
    context.load_verify_locations(authority.bundle)
    context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            # The second handle keeps the line open after a refusal until the other side has read
            # why; else a reset could overtake the alert.
            with raw.dup() as line, suppress(OSError):
                line.settimeout(5)
                with suppress(OSError), context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(65536)
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\n\r\n"
                    connection.sendall(head.encode() + ANSWER)
                    continue
                while line.recv(65536):
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def app_name(base_url, *, ca_bundle=None, certificate=None):
    credentials = Credentials(tokens=("t",), certificate=certificate)
    with make_client(
        base_url=base_url, credentials=credentials, ca_bundle=ca_bundle, timeout=5
    ) as client:
        return client.get_app(1).name


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_pem_file_opens_the_door(tls_kintone, authority, tmp_path, password):
    file = pem_file(tmp_path, authority.issue("us"), password=password)
    certificate = ClientCertificate(file=file, password=password or "")

    name = app_name(tls_kintone, ca_bundle=str(authority.bundle), certificate=certificate)

    assert name == "over TLS"


def test_a_pfx_file_opens_the_door(tls_kintone, authority, tmp_path):
    file = pfx_file(tmp_path, authority.issue("us"), password=PASSWORD)
    certificate = ClientCertificate(file=file, password=PASSWORD)

    name = app_name(tls_kintone, ca_bundle=str(authority.bundle), certificate=certificate)

    assert name == "over TLS"


def test_without_a_certificate_a_person_is_told_that_one_is_missing(tls_kintone, authority):
    with pytest.raises(KintoneConfigError) as caught:
        app_name(tls_kintone, ca_bundle=str(authority.bundle))

    assert caught.value.reason is ConfigReason.CERTIFICATE


def test_a_certificate_of_another_authority_is_refused(tls_kintone, authority, tmp_path):
    stranger = Authority(tmp_path)
    certificate = ClientCertificate(file=pem_file(tmp_path, stranger.issue("us")))

    with pytest.raises(KintoneConfigError) as caught:
        app_name(tls_kintone, ca_bundle=str(authority.bundle), certificate=certificate)

    assert caught.value.reason is ConfigReason.CERTIFICATE


def test_a_kintone_that_nobody_vouches_for_gets_no_credentials(tls_kintone):
    with pytest.raises(KintoneTransientError) as caught:
        app_name(tls_kintone)

    assert "SSLCertVerificationError" in str(caught.value)
    assert not caught.value.may_have_written


@pytest.mark.parametrize("case", ["missing", "wrong password", "no password", "rubbish", "empty"])
@pytest.mark.parametrize("kind", ["pem", "pfx"])
def test_a_certificate_that_cannot_be_read_is_said_so(case, kind, authority, tmp_path):
    make = pem_file if kind == "pem" else pfx_file
    file = make(tmp_path, authority.issue("us"), password=PASSWORD)
    if case == "missing":
        file.unlink()
    if case in ("rubbish", "empty"):
        begin = b"-----BEGIN CERTIFICATE-----\n" if kind == "pem" else b""
        file.write_bytes(b"" if case == "empty" else begin + b"\x00\xffrubbish")
    password = {"wrong password": "wrong", "no password": ""}.get(case, PASSWORD)

    with pytest.raises(KintoneConfigError) as caught:
        app_name("https://127.0.0.1:1", certificate=ClientCertificate(file=file, password=password))

    assert caught.value.reason is ConfigReason.CERTIFICATE
    assert PASSWORD not in str(caught.value)
