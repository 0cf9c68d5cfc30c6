"""What the services' databases in tests are made of: each service's own migrations, run once and copied."""

import pytest

from shared.database import Database
from shared.database.migrations import is_current
from shared.web.routes import SERVICES
from tests.conftest import ServiceDatabase


@pytest.mark.parametrize("service", SERVICES)
async def test_a_copy_stands_at_the_newest_revision(service_database: ServiceDatabase, service: str) -> None:
    one, other = await service_database(service), await service_database(service)
    assert one != other
    database = Database(other)
    try:
        assert await is_current(database, service)
    finally:
        await database.close()
