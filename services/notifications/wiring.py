"""The whole notifications service on one screen: what it hears, the worker, the API, the sandboxes."""

from datetime import timedelta

from services.notifications.api import Tools, bounces, channels, previews, push, router, sms, webhooks
from services.notifications.api.receivers import Receivers
from services.notifications.channels.documents import Documents
from services.notifications.channels.outward import Outward
from services.notifications.channels.push import Push
from services.notifications.channels.seals import Seals
from services.notifications.channels.sms.reports import Reporting
from services.notifications.channels.webhooks import Webhooks
from services.notifications.commands.push import Signing
from services.notifications.domain.push import PUSH
from services.notifications.domain.results import Channel
from services.notifications.domain.webhooks import WEBHOOK
from services.notifications.handlers import again, blocked, on_account, on_order, on_product, on_sign_in
from services.notifications.jobs import Deliverer
from services.notifications.jobs.bundling import bundle_levels
from services.notifications.jobs.outlets import Outlets
from services.notifications.jobs.pulling import Puller
from services.notifications.jobs.reports import heed_reports
from services.notifications.jobs.retention import forget_old
from services.notifications.pages import push as push_page
from services.notifications.queries.papers import ServiceKeys
from services.notifications.queries.receivers import EndpointRows, SubscriptionRows
from services.notifications.sandbox import STEP_SECONDS, Sandbox
from services.notifications.sandbox import routers as sandbox_routers
from services.notifications.settings import Settings
from shared.broker import Bus
from shared.contracts import Account, ChannelOrder, Delivery, Digest, Order, Product, SignIn
from shared.database import Clock, utcnow
from shared.runtime import Service


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("notifications", settings, publishes=(Delivery, ChannelOrder, Digest), clock=clock, bus=bus)
    outbox = service.outbox

    sandbox = Sandbox(clock, lambda: service.app) if settings.sandbox else None
    seals = Seals(settings)
    signing = Signing(settings, outbox, seals)
    outward = Outward(seconds=settings.webhook_seconds, loopback=settings.loopback)
    endpoints, subscriptions = EndpointRows(service.db, seals, clock), SubscriptionRows(service.db, seals)
    receivers: dict[str, Channel] = {
        WEBHOOK: Webhooks(outward.post, endpoints, clock),
        PUSH: Push(outward.post, subscriptions, signing.key, settings.vapid_subject, clock),
    }
    documents = Documents(settings.documents_url, ServiceKeys(service.db).of, clock, seconds=settings.call_seconds / 2)
    outlets = Outlets(settings, outbox, seals, documents, sandbox, receivers)
    deliverer = Deliverer(outbox, outlets, settings)
    deliver = service.job("deliver", settings.deliver_seconds, deliverer.run)
    puller = Puller(outbox, outlets, settings)
    pull = service.job("pull_orders", settings.pull_seconds, puller.run)
    service.job("bundle_levels", 15.0, lambda: bundle_levels(outbox, deliver.nudge))
    heed = service.job("heed_sms_reports", 15.0, lambda: heed_reports(outbox))
    service.job("forget_old", 3600.0, lambda: forget_old(outbox, settings))

    def patience() -> timedelta | None:
        return timedelta(seconds=settings.document_seconds) if documents.reachable else None

    service.hear_of_shops()
    service.hear(Order, on_order(deliver.nudge, patience), again=again, blocked=blocked)
    service.hear(Account, on_account(deliver.nudge, patience), again=again, blocked=blocked)
    service.hear(SignIn, on_sign_in(deliver.nudge))
    service.hear(Product, on_product(deliver.nudge))

    service.routers += [router, channels.router, webhooks.router, push.router, sms.router, push_page.router]
    service.routers += [previews.router, bounces.router]
    service.state["receivers"] = Receivers(
        outbox, seals, signing, outward, settings.loopback, deliver.nudge, settings.vapid_subject
    )
    service.state["sms_reports"] = sms.SmsReports(outbox, Reporting(settings, sandbox), heed.nudge)
    service.state["tools"] = Tools(service.db, outbox, wake=deliver.nudge, pull=pull.nudge, seals=seals)
    service.state.update(deliverer=deliverer, puller=puller, sandbox=sandbox, documents=documents, ways=outlets)

    async def close() -> None:
        await puller.stop()
        await deliverer.stop(settings.shutdown_seconds / 2)
        await outlets.close()
        await outward.close()
        await documents.close()

    service.on_stop.append(close)
    if sandbox is not None:
        service.routers += sandbox_routers
        service.state["ledgers"] = sandbox.ledgers
        service.job("deliver_sandbox_sms", STEP_SECONDS, sandbox.sms.deliver)
        service.on_start.append(sandbox.start)
        service.on_stop.append(sandbox.stop)
    return service
