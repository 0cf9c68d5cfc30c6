"""What the package says of itself is what it does."""

from pathlib import Path

import services.inventory
from services.inventory.settings import Settings
from services.inventory.wiring import build


async def test_docstring_names_what_is_published_and_heard(tmp_path: Path) -> None:
    service = build(Settings(var=tmp_path))
    lines = dict(line.split(": ") for line in (services.inventory.__doc__ or "").splitlines()[2:])
    assert lines["Publishes"].split(", ") == [kind.name for kind in service.publishes]
    assert sorted(lines["Hears"].split(", ")) == sorted(service.hears)
    await service.db.close()
