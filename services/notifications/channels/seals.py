"""The seal of this installation: made of the keys in settings, or, on a single machine, of a key beside the data.

It is made when it is first needed, so that whoever keeps no secrets needs no key. Neighbour: `sealing`, which seals.
"""

import os
from pathlib import Path
from typing import ClassVar

from cryptography.fernet import Fernet
from pydantic import SecretStr

from services.notifications.channels.sealing import Seal
from services.notifications.settings import Settings
from shared.problems import Problem

FILE = "sealing-key"


class NoSealingKeys(Problem):
    """Secrets cannot be kept here yet."""

    status: ClassVar[int] = 503
    slug: ClassVar[str] = "no-sealing-keys"
    title: ClassVar[str] = "This installation has no key to keep secrets with"


class Seals:
    """Gives the seal to whoever needs it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seal: Seal | None = None

    def get(self) -> Seal:
        """The seal. Raises `NoSealingKeys`."""
        if self._seal is None:
            self._seal = Seal(self._keys())
        return self._seal

    def _keys(self) -> SecretStr:
        if self._settings.sealing_keys is not None:
            return self._settings.sealing_keys
        if not self._settings.database("notifications").startswith("sqlite"):
            raise NoSealingKeys("Set COMPTOIR_SEALING_KEYS to a Fernet key, the same for every replica.")
        return SecretStr(kept_key(self._settings.var / FILE))


def kept_key(path: Path) -> str:
    """The key in a file that nobody else may read; made at the first time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = Fernet.generate_key().decode()
        file.write(key)
    return key
