"""Where SMS providers report what became of a message. No key: a signature, or a shared secret, proves who speaks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from services.notifications.channels.sms.reports import Reporting, Unproven, Unreadable, read_gateway, read_twilio
from services.notifications.commands.sms_reports import keep
from services.notifications.domain.sms_reports import Report
from shared.outbox import Outbox
from shared.problems import NotFound, Problem
from shared.security import open_to_all
from shared.web.openapi import also

router = APIRouter(
    prefix="/api/v1/notifications/sms/status",
    tags=["sms"],
    dependencies=[Depends(open_to_all)],
    responses=also(400, 403),
)

Shop = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class UnprovenReport(Problem):
    """Nobody but the provider may say what became of an SMS."""

    status: ClassVar[int] = 403
    slug: ClassVar[str] = "unproven-report"
    title: ClassVar[str] = "The report is not proven to be the provider's"


class UnreadableReport(Problem):
    """It is the provider's, and not in the shape that the account's settings tell of."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "unreadable-report"
    title: ClassVar[str] = "The report cannot be read"


@dataclass(frozen=True, slots=True)
class SmsReports:
    """What the routes work with; `wake` has new reports heeded."""

    outbox: Outbox
    reporting: Reporting
    wake: Callable[[], object]

    async def take(self, read: Callable[[], Report | None]) -> Response:
        """Prove and read a report, keep it, and answer at once."""
        try:
            report = read()
        except Unproven as error:
            raise UnprovenReport(f"{error}.".capitalize()) from error
        except Unreadable as error:
            raise UnreadableReport(f"{error}.".capitalize()) from error
        if report is not None:
            async with self.outbox.transaction() as tx:
                if await keep(tx, report):
                    tx.after_commit(self.wake)
        return Response(status_code=204)


async def _tools(request: Request) -> SmsReports:
    tools: SmsReports = request.app.state.sms_reports
    return tools


Tools = Annotated[SmsReports, Depends(_tools)]


@router.post("/twilio/{shop}/{delivery}", status_code=204)
async def take_twilio_report(
    request: Request,
    tools: Tools,
    shop: Shop,
    delivery: Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")],
    x_twilio_signature: Annotated[str, Header(max_length=200)] = "",
) -> Response:
    """Take a status callback of Twilio's about one delivery: form-encoded, signed with the account's token."""
    account, url = tools.reporting.accounts(shop).twilio, tools.reporting.of_twilio(shop, delivery)
    if account is None or url is None:
        raise NotFound("No Twilio account of this shop reports here.")
    raw, token = await request.body(), account.auth_token.get_secret_value()
    return await tools.take(lambda: read_twilio(raw, x_twilio_signature, token, url, shop, delivery))


@router.post("/gateway/{shop}", status_code=204)
async def take_gateway_report(request: Request, tools: Tools, shop: Shop) -> Response:
    """Take a report of an SMS gateway: JSON or a form, in the shape and with the proof that its settings say."""
    gateway = tools.reporting.accounts(shop).sms_gateway
    reports = None if gateway is None else gateway.reports
    if reports is None:
        raise NotFound("No gateway of this shop reports here.")
    raw = await request.body()
    return await tools.take(lambda: read_gateway(raw, request.headers, reports, shop))
