"""Mail against a real SMTP server: what leaves, and which outcome each way of failing has."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.notifications.channels.mail import REPEATED, Mail
from services.notifications.domain.results import Trouble
from services.notifications.settings import SmtpAccount
from shared.contracts import Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.counterparts import call, letter, nothing, words
from tests.notifications.driver import NOON, Clock, entry, order
from tests.servers.fault_proxy import FaultProxy
from tests.servers.smtp import SmtpServer

MakeProxy = Callable[[str, int], Awaitable[FaultProxy]]


@pytest.fixture
async def mail(smtp_server: SmtpServer, clock: Clock) -> AsyncIterator[Mail]:
    made = Mail(_account(smtp_server.port), clock, seconds=5, fetch=nothing)
    yield made
    await made.close()


def _account(port: int) -> SmtpAccount:
    return SmtpAccount(host="127.0.0.1", port=port, security="none")


async def test_a_mail_leaves_with_its_headers(mail: Mail, smtp_server: SmtpServer) -> None:
    result = await mail.send(call(letter()))
    assert (result.outcome, result.reference) == (Outcome.DONE, "250 2.0.0 taken")
    [received] = smtp_server.received
    assert (received.sender, received.recipients) == ("cave@example.com", ("camille@example.com",))
    message = received.message
    assert {name: str(message[name]) for name in ("Message-ID", "Auto-Submitted", "Content-Language", "Subject")} == {
        "Message-ID": "<0190-delivery@example.com>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "fr",
        "Subject": "Votre commande CO-1",
    }
    assert message["Date"].datetime == NOON
    assert str(message["From"]) == "La Cave <cave@example.com>"
    assert message["X-Comptoir-Order"] == "CO-1"
    assert message.get_content_type() == "multipart/alternative"


async def test_accents_and_long_subjects_arrive(mail: Mail, smtp_server: SmtpServer) -> None:
    subject = "Été à la cave : " + "un très long sujet " * 10
    await mail.send(call(letter(name="Élodie, dite « Lo »", subject=subject, words=words(shop="Cave à vins"))))
    message = smtp_server.received[0].message
    assert str(message["Subject"]) == subject.strip()
    assert message["To"].addresses[0].display_name == "Élodie, dite « Lo »"
    assert message["From"].addresses[0].display_name == "Cave à vins"


async def test_mails_that_follow_one_another_share_few_connections(
    smtp_server: SmtpServer, fault_proxy: MakeProxy, clock: Clock
) -> None:
    proxy = await fault_proxy(smtp_server.host, smtp_server.port)
    mail = Mail(_account(proxy.port), clock, seconds=5, fetch=nothing)
    results = await asyncio.gather(*(mail.send(call(letter())) for _ in range(40)))
    await mail.close()
    assert {result.outcome for result in results} == {Outcome.DONE}
    assert len(smtp_server.received) == 40
    assert proxy.connections <= 4


async def test_a_relay_that_closed_an_idle_connection_is_called_again(mail: Mail, smtp_server: SmtpServer) -> None:
    await mail.send(call(letter()))
    await smtp_server.stop()
    await smtp_server.start()
    result = await mail.send(call(letter()))
    assert result.outcome in (Outcome.DONE, Outcome.RETRY)
    assert (await mail.send(call(letter()))).outcome == Outcome.DONE


@pytest.mark.parametrize(
    ("reply", "outcome", "trouble"),
    [
        ("451 4.3.0 try later", Outcome.RETRY, None),
        ("421 4.3.2 closing down", Outcome.RETRY, Trouble.DOWN),
        ("554 5.7.1 no", Outcome.REJECTED, None),
    ],
)
async def test_a_reply_decides(
    mail: Mail, smtp_server: SmtpServer, reply: str, outcome: Outcome, trouble: Trouble | None
) -> None:
    smtp_server.refuse(reply)
    result = await mail.send(call(letter()))
    assert (result.outcome, result.trouble, result.reason) == (outcome, trouble, reply)
    assert (await mail.send(call(letter()))).outcome == Outcome.DONE


async def test_nobody_listening_is_a_retry(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = await Mail(_account(port), clock, seconds=5, fetch=nothing).send(call(letter()))
    assert (result.outcome, result.trouble) == (Outcome.RETRY, Trouble.DOWN)


async def test_a_connection_lost_after_data_is_unknown_and_the_repetition_is_counted(
    mail: Mail, smtp_server: SmtpServer
) -> None:
    smtp_server.cut_after_data()
    result = await mail.send(call(letter()))
    assert (result.outcome, result.trouble) == (Outcome.UNKNOWN, Trouble.DOWN)
    repeated = REPEATED._value.get()
    assert (await mail.send(call(letter(), NOON))).outcome == Outcome.DONE
    assert REPEATED._value.get() == repeated + 1
    assert len({received.message_id for received in smtp_server.received}) == 1


async def test_a_silent_relay_is_a_retry_before_data(
    smtp_server: SmtpServer, fault_proxy: MakeProxy, clock: Clock
) -> None:
    proxy = await fault_proxy(smtp_server.host, smtp_server.port)
    proxy.blackhole()
    result = await Mail(_account(proxy.port), clock, seconds=0.3, fetch=nothing).send(call(letter()))
    assert (result.outcome, result.trouble) == (Outcome.RETRY, Trouble.DOWN)
    assert smtp_server.received == []


async def test_an_answer_to_the_content_that_nobody_can_read_is_unknown(mail: Mail, smtp_server: SmtpServer) -> None:
    smtp_server.refuse("<h1>Something went wrong</h1>")
    result = await mail.send(call(letter()))
    assert (result.outcome, result.trouble) == (Outcome.UNKNOWN, Trouble.DOWN)
    assert (await mail.send(call(letter(), NOON))).outcome == Outcome.DONE


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_an_answer_that_nobody_can_read_is_a_retry_before_data(command: str, clock: Clock) -> None:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.invalid\r\n")
        while line := await reader.readline():
            writer.write(b"<h1>Oops</h1>\r\n" if line.startswith(command.encode()) else b"250 fine\r\n")
        writer.close()

    async with await asyncio.start_server(relay, "127.0.0.1", 0) as server:
        made = Mail(_account(server.sockets[0].getsockname()[1]), clock, seconds=5, fetch=nothing)
        result = await made.send(call(letter()))
        await made.close()
    assert (result.outcome, result.trouble) == (Outcome.RETRY, Trouble.DOWN)
    assert "Malformed" in (result.reason or "")


@pytest.mark.parametrize(
    "bad",
    [
        letter(subject="Bonjour\r\nBcc: everybody@example.com"),
        letter(subject="{{ customer.name }}", words=words(client="Eve\nBcc: x@example.com")),
        letter(to=("eve@example.com\r\nRCPT TO:<x@example.com>",)),
        letter(to=("eve@example.com, x@example.com",)),
        letter(name="Eve\nBcc: x@example.com"),
        letter(to=("nobody",)),
        letter(to=("été@example.com",)),
    ],
)
async def test_what_would_break_a_header_is_rejected(mail: Mail, smtp_server: SmtpServer, bad: object) -> None:
    assert (await mail.send(call(bad))).outcome == Outcome.REJECTED
    assert smtp_server.received == []


async def test_administrators_share_one_mail(mail: Mail, smtp_server: SmtpServer) -> None:
    both = letter(role="administrator", to=("a@example.com", "b@example.com"), subject="", body="", name="")
    assert (await mail.send(call(both))).outcome == Outcome.DONE
    [received] = smtp_server.received
    assert received.recipients == ("a@example.com", "b@example.com")
    assert str(received.message["Subject"]) == "Commande CO-1 de Camille Dubois : Reçue"


async def test_mails_wait_out_a_relay_that_is_down(
    make_driver: MakeDriver, smtp_server: SmtpServer, clock: Clock
) -> None:
    await smtp_server.stop()
    house = await make_driver(smtp=_account(smtp_server.port))
    for number in range(1, 9):
        await house.hear(order(number, 1, entry(number, mail=True)))
    for _ in range(3):
        await house.deliver()
        clock.forward(hours=1)
    assert {(await house.answer(number)).open for number in range(1, 9)} == {1}
    await smtp_server.start()
    await house.deliver()
    await house.deliver()
    assert {(await house.answer(number)).open for number in range(1, 9)} == {0}
    assert len({received.message_id for received in smtp_server.received}) == len(smtp_server.received) == 8
