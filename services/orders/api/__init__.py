"""The JSON API of orders, a module a subject.

What adds to `/api/v1/orders` is an `add_…` of the router there; what has a path of its own is a `…_routes`. `tools`
holds what the routes are made of; `waiting` is `Prefer: wait` of `placing`, `account` and `history` are for clients.
"""

from fastapi import APIRouter

from services.orders.api.account import account_routes
from services.orders.api.changing import add_changes
from services.orders.api.checkout import checkout_routes
from services.orders.api.closings import closings_routes
from services.orders.api.customers import customer_routes
from services.orders.api.details import add_details
from services.orders.api.events import add_events
from services.orders.api.exporting import add_exports
from services.orders.api.groups import group_routes
from services.orders.api.history import add_history, history_routes
from services.orders.api.importing import UPLOADS, add_imports
from services.orders.api.listing import add_listing
from services.orders.api.news import news_routes
from services.orders.api.operations import operations_routes
from services.orders.api.persons import person_routes
from services.orders.api.placing import add_placing
from services.orders.api.previewing import add_previews
from services.orders.api.prices import price_routes
from services.orders.api.promotions import promotion_routes
from services.orders.api.reading import add_reads
from services.orders.api.shop import shop_routes
from services.orders.api.shop_log import log_routes
from services.orders.api.statistics import statistics_routes
from services.orders.api.statuses import status_routes
from services.orders.api.tools import Tools
from services.orders.api.transitions import add_transitions
from services.orders.api.views import view_routes

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
    apart = (
        view_routes,
        statistics_routes,
        shop_routes,
        status_routes,
        checkout_routes,
        promotion_routes,
        customer_routes,
        person_routes,
        news_routes,
        account_routes,
        group_routes,
        price_routes,
        history_routes,
        operations_routes,
        log_routes,
        closings_routes,
    )
    return [orders, *(routes(tools) for routes in apart)]
