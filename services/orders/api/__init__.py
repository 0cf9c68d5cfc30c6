"""The JSON API of orders.

`listing` (as a file: `exporting`), `reading`, `placing` (with `waiting` for `Prefer: wait`), `previewing`, `changing`,
`details` and `transitions` are about orders, `importing` about files of them, `views` about saved lists, `statistics`
about turnover, `shop` about shops and keys, `statuses` about what a seller calls them, `checkout` and `promotions` on
what orders choose among and use, `operations` about what is not settled and saying it all again, `history` what clients
see. `tools` holds what the routes are made of.
"""

from fastapi import APIRouter

from services.orders.api.changing import add_changes
from services.orders.api.checkout import checkout_routes
from services.orders.api.details import add_details
from services.orders.api.exporting import add_exports
from services.orders.api.history import add_history, history_routes
from services.orders.api.importing import UPLOADS, add_imports
from services.orders.api.listing import add_listing
from services.orders.api.operations import operations_routes
from services.orders.api.placing import add_placing
from services.orders.api.previewing import add_previews
from services.orders.api.promotions import promotion_routes
from services.orders.api.reading import add_reads
from services.orders.api.shop import shop_routes
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
        add_exports,  # these two before the order whose code would be "export" or "imports"
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
        history_routes,
        operations_routes,
    )
    return [orders, *(routes(tools) for routes in apart)]
