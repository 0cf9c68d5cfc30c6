"""Where webhooks may go: nowhere into our own network, whatever the address is written like or its name leads to."""

import re
import socket

import pytest

from services.notifications.channels.outward import Outward, Refused, Unreached
from services.notifications.channels.webhooks import Endpoint, deliver
from services.notifications.domain.addresses import BadAddress, check_url, refusal
from services.notifications.domain.signing import new_secret
from shared.contracts import Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import NOON, Driver
from tests.notifications.receiving import WEBHOOKS, Receiver, listen

OURS = [
    "127.0.0.1", "127.8.9.10", "0.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::80ff:fffe", "2001:db8::1", "nonsense",
]  # fmt: skip
THE_INTERNET = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]

REFUSED = [
    "http://example.com/hook", "ftp://example.com", "https://", "https:///x", "//example.com", "example.com",
    "https://user:secret@example.com/", "https://user@example.com/", "https://example.com/#part",
    "https://example.com:22/", "https://example.com:25/", "https://example.com:0/", "https://example.com:99999/",
    "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://example.com/\r\nHost: other",
    "https://exämple.com/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:169.254.169.254]/",
    "https://0.0.0.0/", "https://169.254.169.254/latest/meta-data/", "https://[fe80::1%25eth0]/",
    "https://" + "a" * 2000 + ".example.com/", "https://" + "a" * 64 + ".example.com/", "https://a..example.com/",
    "https://" + "a." * 130 + "example.com/",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_an_address_of_ours_is_refused(address: str) -> None:
    assert refusal(address, loopback=False)


@pytest.mark.parametrize("address", THE_INTERNET)
def test_an_address_of_the_internet_is_not(address: str) -> None:
    assert refusal(address, loopback=False) is None


def test_loopback_alone_is_let_through_for_trials() -> None:
    assert {refusal(address, loopback=True) for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1")} == {None}
    assert refusal("169.254.169.254", loopback=True)
    assert refusal("0.0.0.0", loopback=True)  # noqa: S104 - it is refused


@pytest.mark.parametrize("url", REFUSED)
def test_a_bad_address_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(BadAddress):
        check_url(url, loopback=False)


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com.:8443/hook?shop=1", "https://8.8.8.8/"])
def test_a_good_address_is_not(url: str) -> None:
    assert check_url(url, loopback=False).hostname


async def test_the_field_is_named(make_driver: MakeDriver) -> None:
    house = await make_driver(webhook_loopback=False)
    for url in ("https://127.0.0.1/hook", "https://user:secret@example.com/", f"https://{'a' * 300}.example.com/"):
        answer = await house.http.post(WEBHOOKS, json={"url": url})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")
    made = await house.http.post(WEBHOOKS, json={"url": "https://example.com/hook"})
    assert made.status_code == 201
    changed = await house.http.put(f"{WEBHOOKS}/{made.json()['id']}", json={"url": "https://10.0.0.1/"})
    assert changed.status_code == 422


def unused_port() -> int:
    """A port that nobody listens on: it was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Names:
    """A resolver that answers the next of its answers at each look-up, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "10.1.2.3"])
async def test_a_name_that_leads_into_our_network_is_not_called(address: str) -> None:
    outward = Outward(seconds=5, resolve=Names([address]))
    with pytest.raises(Refused, match=address.replace(".", r"\.")):
        await outward.post("https://rebound.example.com/hook", b"{}", {})
    await outward.close()


@pytest.mark.parametrize("url", [f"https://{'a' * 300}.example.com/", "https://example.com/hook"])
async def test_an_address_that_names_no_host_is_rejected_and_not_tried_again(url: str) -> None:
    """Saved before it was refused, or none to the resolver alone."""

    async def resolve(_host: str, _port: int) -> list[str]:
        raise UnicodeError("label empty or too long")

    outward = Outward(seconds=5, resolve=resolve)
    result = await deliver(outward.post, Endpoint(url, [new_secret()]), "msg_1", b"{}", NOON)
    assert (result.outcome, result.trouble) == (Outcome.REJECTED, None)
    await outward.close()


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    outward = Outward(seconds=5, resolve=Names(["93.184.216.34", "127.0.0.1"]))
    with pytest.raises(Refused):
        await outward.post("https://rebound.example.com/hook", b"{}", {})
    await outward.close()


async def test_a_name_is_looked_up_once_and_what_was_checked_is_called(receiver: Receiver) -> None:
    """Rebinding: the second look-up would lead elsewhere, and there is none."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    outward = Outward(seconds=5, loopback=True, resolve=names)
    port = receiver.url.rsplit(":", 1)[1]
    reply = await outward.post(f"http://shop.example.com:{port}/hook", b"{}", {})
    assert (reply.status, names.asked) == (200, ["shop.example.com"])
    assert receiver.got[0].headers["host"] == f"shop.example.com:{port}"
    await outward.close()
    fresh = Outward(seconds=5, loopback=True, resolve=names)
    with pytest.raises(Refused):
        await fresh.post(f"http://shop.example.com:{port}/hook", b"{}", {})
    await fresh.close()


async def test_numbers_written_as_names_are_looked_up_like_names() -> None:
    """`127.1`, `0x7f.1` and `2130706433` are loopback to every resolver, and to the check after it."""
    outward = Outward(seconds=5)
    for host in ("127.1", "0x7f.1", "2130706433", "localhost"):
        with pytest.raises(Refused):
            await outward.post(f"https://{host}/hook", b"{}", {})
    await outward.close()


async def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    receiver.answer(302, location=f"{receiver.url}/elsewhere")
    outward = Outward(seconds=5, loopback=True)
    reply = await outward.post(f"{receiver.url}/hook", b"{}", {})
    assert (reply.status, [got.path for got in receiver.got]) == (302, ["/hook"])
    await outward.close()


async def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    outward = Outward(seconds=5, loopback=True)
    assert (await outward.post(f"{receiver.url}/hook", b"{}", {})).status == 200
    await outward.close()


async def test_of_a_long_answer_only_the_beginning_is_kept(receiver: Receiver) -> None:
    receiver.answer(200, body="x" * 5_000_000)
    outward = Outward(seconds=5, loopback=True)
    assert len((await outward.post(f"{receiver.url}/hook", b"{}", {})).said) == 2000
    await outward.close()


async def test_who_does_not_answer_is_not_waited_for(receiver: Receiver) -> None:
    outward = Outward(seconds=0.2, loopback=True)
    with pytest.raises(Unreached, match="no answer within"):
        await outward.post(f"{receiver.url}/slow", b"{}", {})
    with pytest.raises(Unreached):
        await outward.post(f"http://127.0.0.1:{unused_port()}/", b"{}", {})
    await outward.close()


async def test_another_shops_endpoint_is_not_there(house: Driver, receiver: Receiver) -> None:
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/calls")):
        body = {"url": receiver.url} if method == "PUT" else None
        answer = await house.http.request(method, f"{WEBHOOKS}/we_0000000000000000{path}", json=body)
        assert answer.status_code == 404


async def test_endpoints_are_kept_in_number_and_by_the_letter(house: Driver, receiver: Receiver) -> None:
    for number in range(20):
        await listen(house, receiver, f"/{number}")
    full = await house.http.post(WEBHOOKS, json={"url": f"{receiver.url}/more"})
    assert (full.status_code, full.json()["type"]) == (409, "urn:comptoir:problem:too-many-endpoints")
    for wrong in ({"filters": {"events": ["order.eaten"]}}, {"secret": "mine"}, {"description": "two\nlines"}):
        answer = await house.http.post(WEBHOOKS, json={"url": f"{receiver.url}/hook", **wrong})
        assert answer.status_code == 422
    listed = (await house.http.get(WEBHOOKS)).json()
    assert listed["total"] == 20
    assert re.fullmatch("we_[0-9a-f]{16}", listed["items"][0]["id"])
