"""The mail server of the tests does what its faults say, so that a green mail test means something."""

from email.message import EmailMessage

import aiosmtplib
import pytest

from tests.servers.smtp import SmtpServer


def mail(message_id: str = "<1@shop.invalid>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "shop@shop.invalid", "client@example.invalid", message_id
    message["Subject"] = "Expédiée"
    message.set_content("Votre commande est partie.\n")
    return message


async def send(server: SmtpServer, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=server.host, port=server.port, timeout=5, start_tls=False)


async def test_a_message_is_taken_whole(smtp_server: SmtpServer) -> None:
    await send(smtp_server, mail())
    [received] = smtp_server.received
    assert (received.recipients, received.message_id) == (("client@example.invalid",), "<1@shop.invalid>")
    assert received.message["Subject"] == "Expédiée"
    assert received.answered


@pytest.mark.parametrize("reply", ["451 4.3.0 try later", "554 5.7.1 not wanted"])
async def test_a_refused_message_is_not_in_the_ledger(smtp_server: SmtpServer, reply: str) -> None:
    smtp_server.refuse(reply)
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await send(smtp_server, mail())
    assert refusal.value.code == int(reply[:3])
    assert smtp_server.received == []
    await send(smtp_server, mail())
    assert len(smtp_server.received) == 1


async def test_a_cut_after_data_leaves_the_client_unknowing(smtp_server: SmtpServer) -> None:
    smtp_server.cut_after_data()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(smtp_server, mail())
    assert [received.answered for received in smtp_server.received] == [False]


async def test_it_goes_down_and_comes_up_on_the_same_port(smtp_server: SmtpServer) -> None:
    port = smtp_server.port
    await smtp_server.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(smtp_server, mail())
    await smtp_server.start()
    await send(smtp_server, mail())
    assert (smtp_server.port, len(smtp_server.received)) == (port, 1)
