"""The whole orders service on one screen: what it hears, its jobs, its API."""

from importlib.metadata import version

from services.orders.api import UPLOADS, Tools, routers
from services.orders.api.feed import Feed
from services.orders.handlers import HANDLERS, DigestHearing
from services.orders.jobs import (
    LagSweep,
    continue_resync,
    count_changed,
    expire_payment_terms,
    forget_accounts,
    found_shop,
    publish_shops,
    send_account_links,
)
from services.orders.jobs.importing import Importer
from services.orders.settings import Settings
from shared.broker import Bus
from shared.contracts import Digest, Order, Shop, SignIn
from shared.database import Clock, utcnow
from shared.runtime import Service
from shared.web.asyncapi import asyncapi_router
from shared.web.start import start_router


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("orders", settings, publishes=(Order, Shop, SignIn), clock=clock, bus=bus)
    outbox = service.outbox

    for message, handler in HANDLERS.items():
        service.hear(message, handler)
    service.hear_with(Digest.name, DigestHearing(outbox, settings.resends_per_sweep))

    sweep = LagSweep(outbox, service.bus, settings)
    service.job("resend_to_lagging", settings.sweep_seconds, sweep.run)
    service.job("publish_shops", 3600.0, lambda: publish_shops(outbox))
    service.job("expire_payment_terms", settings.expiry_seconds, lambda: expire_payment_terms(outbox))
    service.job("count_changed", settings.count_seconds, lambda: count_changed(outbox))
    service.job("continue_resync", 1.0, lambda: continue_resync(outbox, settings.resync_per_second))

    service.job("import_files", 1.0, Importer(outbox).run)
    links = service.job("send_account_links", 5.0, lambda: send_account_links(outbox, settings))
    service.job("forget_accounts", 3600.0, lambda: forget_accounts(outbox))

    service.on_start.append(lambda: found_shop(outbox, settings))
    service.uploads |= UPLOADS
    service.routers += [
        asyncapi_router(version("comptoir")),
        start_router(docs=settings.docs, sandbox=settings.sandbox),
    ]
    feed = Feed(
        service.db,
        service.bus.hints,
        clock,
        sweep_seconds=settings.event_sweep_seconds,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    service.on_closing.append(feed.close)
    service.routers += routers
    service.state["tools"] = Tools(
        service.db,
        outbox,
        service.bus.hints,
        service.keyring,
        feed,
        settings,
        links_wanted=links.nudge,
    )
    return service
