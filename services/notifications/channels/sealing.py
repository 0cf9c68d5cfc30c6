"""Secrets that rest in our own tables: sealed with the keys from settings, opened only where a call is made.

The first key seals, every key opens, so that a new one is put in front and the old one taken away later.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr


class Unsealable(Exception):
    """None of the keys opens it: the key it was sealed with was taken away."""


class Seal:
    """Opens and closes secrets. `keys` are Fernet keys (32 bytes in URL-safe base64), separated by commas."""

    def __init__(self, keys: SecretStr) -> None:
        given = [Fernet(key.strip()) for key in keys.get_secret_value().split(",") if key.strip()]
        self._keys = MultiFernet(given)

    def close(self, secret: str) -> str:
        """The secret as it may rest in a table."""
        return self._keys.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret again. Raises `Unsealable`."""
        try:
            return self._keys.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unsealable("none of the sealing keys opens these credentials") from error
