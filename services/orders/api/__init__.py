"""The JSON API of orders, a module a subject.

Below `/api/v1/orders`: `listing`, `events` (what open pages are told, found by `feed`), `exporting`, `importing`,
`reading`, `placing` (with `Prefer: wait`, in `waiting`), `previewing`, `changing`, `details`, `transitions`, `history`
(the link to it; what it opens is public).

With paths of their own: `views`, `statistics`, `shop` (and its keys), `statuses`, `checkout`, `promotions`,
`customers`, `persons` (their data, their erasure), `news`, `account` (the client space), `groups`, `prices`,
`operations`, `shop_log`, `closings`.

`tools` holds what the routes are made of, `answers` what they answer.
"""

from services.orders.api import (
    account,
    changing,
    checkout,
    closings,
    customers,
    details,
    events,
    exporting,
    groups,
    history,
    importing,
    listing,
    news,
    operations,
    persons,
    placing,
    previewing,
    prices,
    promotions,
    reading,
    shop,
    shop_log,
    statistics,
    statuses,
    transitions,
    views,
)
from services.orders.api.importing import UPLOADS
from services.orders.api.tools import Tools

__all__ = ["UPLOADS", "Tools", "routers"]

routers = [
    listing.router,
    events.router,  # these three before the order whose code would be "events", "export" or "imports"
    exporting.router,
    importing.router,
    reading.router,
    placing.router,
    previewing.router,
    changing.router,
    details.router,
    transitions.router,
    history.router,
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
    history.public,
    operations.router,
    shop_log.router,
    closings.router,
]
"""Asked in this order; each holds its whole path, by which traces and logs name a route."""
