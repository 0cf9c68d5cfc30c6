"""Mails are signed with their domain's key, and a reader's own software finds the signature good, or broken."""

from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr, ValidationError

from services.notifications.settings import DkimKey
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import entry, order
from tests.servers.smtp import SmtpServer

Ask = Callable[..., bytes]


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def dns(key: rsa.RSAPrivateKey) -> Ask:
    """The record that the domain's owner publishes."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    told = "".join(public.splitlines()[1:-1])

    def ask(name: bytes, timeout: float = 5) -> bytes:
        assert name == b"shop._domainkey.example.com."
        return f"v=DKIM1; k=rsa; p={told}".encode()

    return ask


async def test_mail_is_signed_by_its_domain(
    make_driver: MakeDriver, smtp_server: SmtpServer, pem: str, dns: Ask, tmp_path: Path
) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text(pem)
    house = await make_driver(
        smtp={"host": "127.0.0.1", "port": smtp_server.port, "security": "none"},
        dkim={"domain": "example.com", "selector": "shop", "private_key_file": str(file)},
    )
    await house.hear(order(1, 1, entry(1, mail=True, message="Été, œuvre")))
    await house.deliver()
    [received] = smtp_server.received
    assert dkim.verify(received.content, dnsfunc=dns)
    for part, other in (
        (b"Subject: Votre", b"Subject: Notre"),
        (b"Content-Type: text/plain", b"Content-Type: text/html"),
    ):
        assert part in received.content
        assert not dkim.verify(received.content.replace(part, other), dnsfunc=dns)
    assert not dkim.verify(received.content + b"more\r\n", dnsfunc=dns)
    assert received.message["DKIM-Signature"].count("d=example.com") == 1


async def test_mail_of_another_domain_is_not_signed(make_driver: MakeDriver, smtp_server: SmtpServer, pem: str) -> None:
    own = {"dkim": {"domain": "example.org", "selector": "shop", "private_key": pem}}
    account = {"host": "127.0.0.1", "port": smtp_server.port, "security": "none"}
    house = await make_driver(smtp=account, shop_accounts={"cave": own})
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    [received] = smtp_server.received
    assert received.message["DKIM-Signature"] is None


def test_a_key_that_cannot_sign_is_refused_at_the_start(tmp_path: Path, pem: str) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    wrong = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for values in (
        {},
        {"private_key": SecretStr("no key")},
        {"private_key": SecretStr(wrong)},
        {"private_key_file": tmp_path / "nowhere.pem"},
        {"private_key": SecretStr(pem), "private_key_file": tmp_path},
    ):
        with pytest.raises(ValidationError) as refused:
            DkimKey.model_validate({"domain": "example.com", "selector": "shop", **values})
        assert "PRIVATE KEY" not in str(refused.value)
