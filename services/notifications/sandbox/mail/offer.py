"""What the mail sandbox's server offers its clients, and the certificate it does STARTTLS with."""

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field

WRONG_PASSWORD = b"wrong"
LIFE = timedelta(days=3650)


class Offer(BaseModel):
    """What clients meet. Any name and password are right, but the password `wrong`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auth_required: bool = False
    starttls: bool = Field(default=False, description="offer STARTTLS, with a certificate of the sandbox's own")
    size: int = Field(default=33_554_432, ge=1, description="bytes that a mail may have")


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate for this machine, and how a server uses it."""

    pem: str
    context: ssl.SSLContext


def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
    """Whether a name and password are right."""
    return AuthResult(success=isinstance(given, LoginPassword) and given.password != WRONG_PASSWORD, handled=False)


@lru_cache
def identity() -> Identity:
    """Made when it is first needed, and gone with the process."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Comptoir sandbox")])
    now = datetime.now(UTC)
    addresses = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + LIFE)
    certificate = builder.add_extension(addresses, critical=False).sign(key, hashes.SHA256())
    pem = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "identity.pem"
        file.touch(mode=0o600)
        file.write_bytes(secret + pem)
        context.load_cert_chain(file)
    return Identity(pem.decode(), context)
