"""The whole billing service on one screen: what it hears, its jobs, its API."""

from services.billing.api import UPLOADS, Tools, router
from services.billing.commands.typesetting import typeset
from services.billing.documents.store import Store
from services.billing.documents.typesetters import Typesetters
from services.billing.handlers import OrderHandlers
from services.billing.jobs import Renderer, close_past_days, converge_waiting_orders
from services.billing.jobs.payments import Cashier, match_payouts
from services.billing.jobs.printing import Press, Printer
from services.billing.pages import Tools as PageTools
from services.billing.pages import payment_pages
from services.billing.payments.providers import Providers
from services.billing.sandbox import PaymentSandbox
from services.billing.settings import Settings
from shared.broker import Bus
from shared.contracts import Account, Digest, Order
from shared.database import Clock, utcnow
from shared.outbox import Outbox
from shared.runtime import Service


def build(settings: Settings, clock: Clock = utcnow, bus: Bus | None = None) -> Service:
    """The service, not started."""
    service = Service("billing", settings, publishes=(Account, Digest), clock=clock, bus=bus)
    outbox = service.outbox

    typesetters = Typesetters(settings.render_processes, typeset)
    service.on_stop.append(typesetters.close)
    store = Store(settings.document_store) if settings.document_store else None
    renderer = Renderer(outbox, settings, typesetters, store)
    press = Press(outbox, typesetters, renderer.now, store)
    rendering = service.job("render_documents", settings.render_seconds, renderer.run)
    printing = service.job("print_documents", settings.print_seconds, Printer(outbox, press).run)
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

    pages = PageTools(service.db, outbox, providers, asked=calling.nudge)
    service.routers += [router, payment_pages(pages)]
    service.uploads |= UPLOADS
    service.state["tools"] = Tools(
        service.db,
        outbox,
        issued=rendering.nudge,
        asked=calling.nudge,
        printing=printing.nudge,
        providers=providers,
        press=press,
        typesetters=typesetters,
        store=store,
    )
    if sandbox is not None:
        service.routers += sandbox.routers
        service.job("deliver_sandbox_events", 1.0, sandbox.deliver)
    return service
