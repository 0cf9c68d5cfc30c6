"""The whole notifications service on one screen: what it hears, the worker, the API, the sandboxes."""

from services.notifications.api import Tools, channels, router
from services.notifications.channels.sealing import Seal
from services.notifications.handlers import again, blocked, on_account, on_order, on_product, on_sign_in
from services.notifications.jobs import Deliverer
from services.notifications.jobs.bundling import bundle_levels
from services.notifications.jobs.outlets import Outlets
from services.notifications.jobs.pulling import Puller
from services.notifications.jobs.retention import forget_old
from services.notifications.sandbox import Sandbox
from services.notifications.settings import Settings
from shared.broker import Bus
from shared.contracts import Account, ChannelOrder, Delivery, Digest, Order, Product, SignIn
from shared.database import Clock, utcnow
from shared.runtime import Service


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("notifications", settings, publishes=(Delivery, ChannelOrder, Digest), clock=clock, bus=bus)
    outbox = service.outbox

    sandbox = Sandbox(clock) if settings.sandbox else None
    outlets = Outlets(settings, outbox, sandbox)
    deliverer = Deliverer(outbox, outlets, settings)
    deliver = service.job("deliver", settings.deliver_seconds, deliverer.run)
    puller = Puller(outbox, outlets, settings)
    pull = service.job("pull_orders", settings.pull_seconds, puller.run)
    service.job("bundle_levels", 15.0, lambda: bundle_levels(outbox, deliver.nudge))
    service.job("forget_old", 3600.0, lambda: forget_old(outbox, settings))

    service.hear_of_shops()
    service.hear(Order, on_order(deliver.nudge), again=again, blocked=blocked)
    service.hear(Account, on_account, again=again, blocked=blocked)
    service.hear(SignIn, on_sign_in(deliver.nudge))
    service.hear(Product, on_product(deliver.nudge))

    seal = None if settings.sealing_keys is None else Seal(settings.sealing_keys)
    service.routers += [router, channels.router]
    service.state["tools"] = Tools(service.db, outbox, wake=deliver.nudge, pull=pull.nudge, seal=seal)
    service.state |= {"deliverer": deliverer, "puller": puller, "sandbox": sandbox}

    async def close() -> None:
        await puller.stop()
        await deliverer.stop(settings.shutdown_seconds / 2)
        await outlets.close()

    service.on_stop.append(close)
    if sandbox is not None:
        service.routers += sandbox.routers
        service.on_start.append(sandbox.start)
        service.on_stop.append(sandbox.stop)
    return service
