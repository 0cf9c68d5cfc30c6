"""Which service answers which path: the one table behind every front port.

The embedded front, the local gateway (`deploy.local.gateway`) and the ingress of the Helm chart all read it, so a path
means the same service wherever it is asked. Orders answers everything that nobody else claims: the start page, the API
of orders and the back office.
"""

FALLBACK = "orders"

# A prefix matches whole segments: "/docs/billing" covers "/docs/billing/x" but not "/docs/billing-x".
ROUTES: dict[str, str] = {
    "/api/v1/inventory": "inventory",
    "/api/v1/billing": "billing",
    "/api/v1/notifications": "notifications",
    "/p": "billing",
    "/push": "notifications",
    "/sandbox": "notifications",
    "/sandbox/payments": "billing",
    "/docs/orders": "orders",
    "/docs/inventory": "inventory",
    "/docs/billing": "billing",
    "/docs/notifications": "notifications",
    "/": FALLBACK,
}

SERVICES: tuple[str, ...] = ("orders", "inventory", "billing", "notifications")


def service_for(path: str) -> str:
    """The service whose prefix is the longest that matches."""
    head = path.rstrip("/")
    while head:
        if head in ROUTES:
            return ROUTES[head]
        head = head.rpartition("/")[0]
    return FALLBACK
