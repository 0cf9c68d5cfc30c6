"""The client space as the tests drive it: links that were mailed, and what whoever follows one may do."""

from typing import Any

import httpx

from shared.contracts import SignIn
from tests.answers import CheckedTransport
from tests.orders.driver import Driver, shop_input

PUBLIC = "https://cave.example"
ACCOUNT = "/api/v1/account"
EMAIL = "camille@example.com"


class Space:
    """The tests' shop with a client space, and whoever comes to it without a key."""

    def __init__(self, orders: Driver) -> None:
        self.orders = orders
        transport = CheckedTransport(orders.service.app)
        self.anybody = httpx.AsyncClient(transport=transport, base_url="http://orders")

    async def open(self, **more: Any) -> None:
        body = shop_input("cave", public_url=f"{PUBLIC}/", **more).model_dump(mode="json")
        assert (await self.orders.http.put("/api/v1/shop", json=body)).status_code == 200
        await self.switch(on=True)

    async def switch(self, *, on: bool) -> None:
        answer = await self.orders.http.put("/api/v1/shop/customers", json={"space": on})
        assert answer.status_code == 200, answer.text

    async def ask(self, email: str = EMAIL, shop: str = "cave") -> httpx.Response:
        return await self.anybody.post(f"{ACCOUNT}/links", json={"email": email, "shop": shop})

    async def work(self) -> None:
        """Run the job that makes links."""
        (job,) = [job for job in self.orders.service.jobs if job.name == "send_account_links"]
        await job.run()

    async def mailed(self) -> list[SignIn]:
        return [SignIn.decode(body) for _detail, body in (await self.orders.said(SignIn.name)).values()]

    async def link(self) -> str:
        """The path of a new link for the tests' client."""
        assert (await self.ask()).status_code == 202
        await self.work()
        (way,) = await self.mailed()
        assert way.link.startswith(f"{PUBLIC}/a/")
        return way.link.removeprefix(PUBLIC)

    async def token(self) -> str:
        """A session's token, by a link."""
        answer = await self.anybody.post(await self.link())
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["token"]
        return found

    async def sign_in(self) -> None:
        """Have `as_client` act for the tests' client."""
        self.session = {"Authorization": f"Bearer {await self.token()}"}

    async def as_client(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        return await self.anybody.request(method, ACCOUNT + path, headers=self.session, **more)

    async def read(self, path: str = "", **query: Any) -> Any:
        answer = await self.as_client("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()
