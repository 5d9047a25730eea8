"""Whom we trust on the line, and the certificate that we show."""

import secrets
import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.hazmat.primitives.serialization import PrivateFormat as Private
from urllib3.util.ssl_ import create_urllib3_context

from integrations.kintone.credentials import ClientCertificate
from integrations.kintone.errors import ConfigReason, KintoneConfigError


def tls_context(*, ca_bundle: str | None, certificate: ClientCertificate | None) -> ssl.SSLContext:
    """A context that trusts the system's authorities, and those of `ca_bundle` besides.

    (`requests` adds certifi's.)

    Raises:
        KintoneConfigError: the client certificate cannot be read with its password.
    """
    context = create_urllib3_context()
    context.load_default_certs()
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    if certificate:
        try:
            _show(context, certificate)
        except (OSError, ValueError) as error:
            # OSError covers a file that is missing and ssl.SSLError, a wrong password.
            summary = f"the client certificate cannot be read ({type(error).__name__})"
            raise KintoneConfigError(summary, reason=ConfigReason.CERTIFICATE) from None
    return context


def _show(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    content = certificate.file.read_bytes()
    if b"-----BEGIN" in content:
        # A password is given in any case: else OpenSSL asks for it at the terminal.
        context.load_cert_chain(certificate.file, password=certificate.password)
        return
    # The standard library loads key pairs from files only, so the PFX's content passes through one,
    # encrypted with a password that is forgotten at once.
    password = secrets.token_bytes(32).hex()
    with tempfile.TemporaryDirectory() as folder:
        pem = Path(folder) / "certificate.pem"
        pem.write_bytes(_pem_of(content, certificate.password, new_password=password))
        context.load_cert_chain(pem, password=password)


def _pem_of(pfx: bytes, password: str, *, new_password: str) -> bytes:
    """Key, certificate and intermediates of a PFX file as PEM, the key encrypted anew."""
    key, leaf, others = pkcs12.load_key_and_certificates(pfx, password.encode() or None)
    if key is None or leaf is None:
        raise ValueError
    encryption = BestAvailableEncryption(new_password.encode())
    parts = [key.private_bytes(Encoding.PEM, Private.PKCS8, encryption)]
    parts += [one.public_bytes(Encoding.PEM) for one in (leaf, *others)]
    return b"".join(parts)
