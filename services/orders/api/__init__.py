"""The JSON API of orders, a module a subject.

What adds to `/api/v1/orders` is an `add_…` of the router there; what has a path of its own has a router. `tools` holds
what the routes are made of; `waiting` is `Prefer: wait` of `placing`, `account` and `history` are for clients.
"""

from fastapi import APIRouter

from services.orders.api import (
    account,
    checkout,
    closings,
    customers,
    groups,
    news,
    operations,
    persons,
    prices,
    promotions,
    shop,
    shop_log,
    statistics,
    statuses,
    views,
)
from services.orders.api.changing import add_changes
from services.orders.api.details import add_details
from services.orders.api.events import add_events
from services.orders.api.exporting import add_exports
from services.orders.api.history import add_history, history_routes
from services.orders.api.importing import UPLOADS, add_imports
from services.orders.api.listing import add_listing
from services.orders.api.placing import add_placing
from services.orders.api.previewing import add_previews
from services.orders.api.reading import add_reads
from services.orders.api.tools import Tools
from services.orders.api.transitions import add_transitions

__all__ = ["UPLOADS", "Tools", "routers"]


def routers(tools: Tools) -> list[APIRouter]:
    """All routes that are orders' own: below `/api/v1`, and the link to a history."""
    orders = APIRouter(prefix="/api/v1/orders", tags=["orders"])
    adders = (
        add_listing,
        add_events,  # these three before the order whose code would be "events", "export" or "imports"
        add_exports,
        add_imports,
        add_reads,
        add_placing,
        add_previews,
        add_changes,
        add_details,
        add_transitions,
        add_history,
    )
    for add in adders:
        add(orders, tools)
    return [
        orders,
        views.router,
        statistics.router,
        shop.router,
        statuses.router,
        checkout.router,
        promotions.router,
        customers.router,
        persons.router,
        news.router,
        account.router,
        groups.router,
        prices.router,
        history_routes(tools),
        operations.router,
        shop_log.router,
        closings.router,
    ]
