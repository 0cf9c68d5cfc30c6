"""HTTP message signatures (RFC 9421) as eBay asks them of European sellers who pay money back or cancel.

The key is an Ed25519 one that eBay's Key Management API made; `signature_key` is the JWE by which eBay knows it.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

RAW = 32


class BadKey(ValueError):
    """The private key in the account is none, or is not of the kind Ed25519."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs calls with one key."""

    signature_key: str
    key: Ed25519PrivateKey

    def headers(self, method: str, url: httpx.URL, body: bytes, now: datetime) -> dict[str, str]:
        """The headers that prove that this very call is the seller's; a call without a body has no digest of it."""
        digest = {"content-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"}
        values = (digest if body else {}) | {
            "x-ebay-signature-key": self.signature_key,
            "@method": method,
            "@path": url.path,
            "@authority": url.netloc.decode(),
        }
        asked = " ".join(f'"{name}"' for name in values)
        parameters = f"({asked});created={int(now.timestamp())}"
        lines = [f'"{name}": {value}' for name, value in values.items()]
        signed = self.key.sign("\n".join([*lines, f'"@signature-params": {parameters}']).encode())
        return ({"Content-Digest": digest["content-digest"]} if body else {}) | {
            "x-ebay-signature-key": self.signature_key,
            "Signature-Input": f"sig1={parameters}",
            "Signature": f"sig1=:{base64.b64encode(signed).decode()}:",
        }


def load_key(text: str) -> Ed25519PrivateKey:
    """The key as eBay gives it: PKCS#8, in PEM or in bare base64, or the 32 bytes alone. Raises `BadKey`."""
    try:
        if "BEGIN" in text:
            found = load_pem_private_key(text.encode(), None)
        else:
            content = base64.b64decode(text, validate=True)
            if len(content) == RAW:
                return Ed25519PrivateKey.from_private_bytes(content)
            found = load_der_private_key(content, None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise BadKey("the account's private_key cannot be read") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise BadKey("the account's private_key is not of the kind Ed25519")
    return found
