"""The whole inventory service on one screen: what it hears, its jobs, its API."""

from services.inventory.api import Tools, routers
from services.inventory.handlers import OrderHandlers
from services.inventory.jobs import answer_marked_orders, open_demonstration, publish_products, recover_products
from services.inventory.settings import Settings
from shared.broker import Bus
from shared.contracts import Digest, Order, Product, Reservation
from shared.database import Clock, utcnow
from shared.runtime import Service


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("inventory", settings, publishes=(Reservation, Product, Digest), clock=clock, bus=bus)
    outbox = service.outbox

    answers = service.job("answer_marked_orders", settings.answer_seconds, lambda: answer_marked_orders(outbox))
    service.job("publish_products", settings.publish_seconds, lambda: publish_products(outbox))

    if settings.seed:
        service.on_start.append(lambda: open_demonstration(outbox))
    if service.db.dialect == "sqlite":  # the embedded mode, whose broker forgets
        service.on_start.append(lambda: recover_products(outbox))

    on = OrderHandlers(wake=answers.nudge)
    service.hear_of_shops()
    service.hear(Order, on.on_order, again=on.on_known_order, blocked=on.on_blocked_order)

    service.routers += routers
    service.state["tools"] = Tools(service.db, outbox, wake=answers.nudge)
    return service
