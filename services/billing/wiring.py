"""The whole billing service on one screen: what it hears, its jobs, its API."""

from services.billing.api import UPLOADS, Printing, Tools, routers
from services.billing.commands.typesetting import typeset
from services.billing.documents.store import Store
from services.billing.documents.typesetters import Typesetters
from services.billing.handlers import OrderHandlers
from services.billing.jobs import Renderer, close_past_days, converge_waiting_orders
from services.billing.jobs.payments import Cashier, match_payouts
from services.billing.jobs.printing import Press, Printer
from services.billing.pages import Tools as PageTools
from services.billing.pages import router as payment_page
from services.billing.payments.providers import Providers
from services.billing.sandbox import PaymentSandbox
from services.billing.sandbox import routers as sandbox_routers
from services.billing.settings import Settings
from shared.broker import Bus
from shared.contracts import Account, Digest, Order
from shared.database import Clock, utcnow
from shared.outbox import Outbox
from shared.runtime import Job, Service


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("billing", settings, publishes=(Account, Digest), clock=clock, bus=bus)
    outbox = service.outbox

    rendering, printing = _typeset_and_print(service, settings)
    service.job("converge_waiting_orders", settings.waiting_seconds, lambda: converge_waiting_orders(outbox))
    service.job("close_past_days", settings.closing_seconds, lambda: close_past_days(outbox))

    sandbox = PaymentSandbox(clock, lambda: service.app) if settings.sandbox else None
    providers = Providers(settings, sandbox)
    cashier = Cashier(outbox, providers, settings)
    calling = service.job("call_providers", settings.provider_seconds, cashier.run)
    service.job("look_at_payments", 60.0, cashier.look_again)
    service.job("match_payouts", settings.payout_seconds, lambda: match_payouts(outbox, rendering.nudge))
    service.on_stop.append(providers.close)

    on = OrderHandlers(issued=rendering.nudge)
    service.hear_of_shops()
    service.hear(Order, on.on_order, again=Outbox.again(Account), blocked=on.on_blocked_order)

    service.uploads |= UPLOADS
    service.routers += [*routers, payment_page]
    service.state["payment_page"] = PageTools(service.db, outbox, providers, asked=calling.nudge)
    service.state["tools"] = Tools(service.db, outbox, rendering.nudge, calling.nudge, providers, printing)
    if sandbox is not None:
        service.routers += sandbox_routers
        service.state.update(sandbox.state)
        service.job("deliver_sandbox_events", 1.0, sandbox.deliver)
    return service


def _typeset_and_print(service: Service, settings: Settings) -> tuple[Job, Printing]:
    """The job that typesets what is due, and whatever prints."""
    typesetters = Typesetters(settings.render_processes, typeset)
    service.on_stop.append(typesetters.close)
    store = Store(settings.document_store) if settings.document_store else None
    renderer = Renderer(service.outbox, settings, typesetters, store)
    press = Press(service.outbox, typesetters, renderer.now, store)
    rendering = service.job("render_documents", settings.render_seconds, renderer.run)
    bulk = service.job("print_documents", settings.print_seconds, Printer(service.outbox, press).run)
    return rendering, Printing(press, typesetters, store, asked=bulk.nudge)
