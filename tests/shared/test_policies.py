"""No route of any service is open by oversight: each says which scope it asks for, or that it is for everyone."""

from pathlib import Path

import pytest

from services.__main__ import build
from shared.web.policies import EVERYONE, policies, unprotected
from shared.web.routes import SERVICES

PUBLIC = {"GET /api/v1/closings", "POST /api/v1/account/links"}
"""What a shop's site shows every visitor; and what tells nobody anything, since the link goes out by mail."""


@pytest.fixture(params=SERVICES)
def found(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, frozenset[str]]:
    service = build(request.param, var=tmp_path, docs=True, sandbox=True)
    assert unprotected(service.app) == []
    return policies(service.app)


def test_every_route_has_a_policy(found: dict[str, frozenset[str]]) -> None:
    assert len(found) > 10


def test_the_api_asks_for_keys(found: dict[str, frozenset[str]]) -> None:
    """What everyone may call below /api proves itself otherwise, as a provider's signed call, or is public."""
    open_routes = [name for name, scopes in found.items() if EVERYONE in scopes and " /api/" in name]
    proven = ("/webhook", "/sms/status/")
    assert [name for name in open_routes if not any(part in name for part in proven) and name not in PUBLIC] == []
