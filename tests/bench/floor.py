"""The floor: the same messages, durability and rows as one order change, on raw aio-pika and asyncpg.

Imports neither `services` nor `shared`. What it leaves out is everything a product needs besides: validation,
contracts, rules, traces, metrics, back-off. One process plays all four services, each with a database and queues of
its own; batches of up to 50 as ours are. Prints the CPU milliseconds per order change.
"""

import asyncio
import json
import resource
import sys
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aio_pika
import asyncpg
import uvloop

BATCH = 50
SWEEP = 200
QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}
ORDER, RESERVATION, ACCOUNT, DELIVERY = "orders.order.v1", "reservation.v1", "account.v1", "delivery.v1"
HEARS = {
    "orders": (RESERVATION, ACCOUNT, DELIVERY),
    "inventory": (ORDER,),
    "billing": (ORDER,),
    "notifications": (ORDER, ACCOUNT),
}
SPEAKS = {"inventory": RESERVATION, "billing": ACCOUNT, "notifications": DELIVERY}
TABLES = """
CREATE TABLE guards (message text, key text, version bigint NOT NULL, parked bool NOT NULL, PRIMARY KEY (message, key));
CREATE TABLE outbox (message text, key text, shop text NOT NULL, detail text NOT NULL, version bigint NOT NULL,
  body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (message, key));
CREATE INDEX ON outbox (created_at);
CREATE TABLE answers (id text PRIMARY KEY, shop text NOT NULL, version bigint NOT NULL, heard bigint NOT NULL,
  open bigint NOT NULL, body text NOT NULL, changed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON answers (changed_at);
CREATE TABLE states (id text PRIMARY KEY, body text NOT NULL);
CREATE TABLE orders (id text PRIMARY KEY, version bigint NOT NULL, revision bigint NOT NULL, stock text NOT NULL,
  payment text NOT NULL, invoice text NOT NULL, heard bigint NOT NULL, settled bool NOT NULL, body text NOT NULL);
CREATE INDEX ON orders (id) WHERE NOT settled;
CREATE TABLE hearings (order_id text, service text, version bigint NOT NULL, heard bigint NOT NULL, body text NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (order_id, service));
"""
LOCK = "SELECT key, version FROM guards WHERE message = $1 AND key = ANY($2) ORDER BY key FOR UPDATE"
GUARD = (
    "INSERT INTO guards VALUES ($1, $2, $3, false)"
    " ON CONFLICT (message, key) DO UPDATE SET version = excluded.version, parked = false"
)
SAY = (
    "INSERT INTO outbox (message, key, shop, detail, version, body) VALUES ($1, $2, 'shop', 'all', $3, $4)"
    " ON CONFLICT (message, key) DO UPDATE SET version = excluded.version, body = excluded.body"
)
ANSWER = (
    "INSERT INTO answers (id, shop, version, heard, open, body) VALUES ($1, 'shop', $2, $3, 0, $4) ON CONFLICT (id)"
    " DO UPDATE SET version = excluded.version, heard = excluded.heard, body = excluded.body, changed_at = now()"
)
SENT = "DELETE FROM outbox WHERE message = $1 AND key = $2 AND version = $3"
HEARING = (
    "INSERT INTO hearings (order_id, service, version, heard, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT"
    " (order_id, service) DO UPDATE SET version = excluded.version, heard = excluded.heard, body = excluded.body,"
    " answered_at = now()"
)
CHANGE = "UPDATE orders SET version = $2, settled = false WHERE id = $1"
FACTS = "UPDATE orders SET revision = revision + 1, stock = $2, heard = $3, settled = $4 WHERE id = $1"
Row = tuple[str, str, int, bytes]


class Service:
    """One of the four, with its pool, its publishing channel and a batch per queue."""

    def __init__(self, name: str, pool: asyncpg.Pool, exchange: aio_pika.abc.AbstractExchange) -> None:
        self.name, self.pool, self.exchange = name, pool, exchange
        self.turn = asyncio.Lock()  # notifications answers to two messages about one order

    async def publish(self, rows: list[Row]) -> None:
        """Send pipelined with confirms, then delete what was confirmed."""
        persistent = aio_pika.DeliveryMode.PERSISTENT
        sends = [
            self.exchange.publish(aio_pika.Message(body, delivery_mode=persistent), f"{message}.shop.all", timeout=10)
            for message, _key, _version, body in rows
        ]
        await asyncio.gather(*sends)
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.executemany(SENT, [row[:3] for row in rows])

    async def hear(self, message: str, bodies: list[bytes]) -> None:
        """One batch: newest of each key, lock, apply, answer, commit, publish."""
        heard = {found["id"]: found for found in map(json.loads, bodies)}
        keys = sorted(heard)
        async with self.turn, self.pool.acquire() as conn, conn.transaction():
            guards = {row["key"]: row["version"] for row in await conn.fetch(LOCK, message, keys)}
            newer = [key for key in keys if heard[key]["version"] > guards.get(key, 0)]
            apply = self._facts if self.name == "orders" else self._answer
            rows = await apply(conn, message, {key: heard[key] for key in newer})
            await conn.executemany(GUARD, [(message, key, heard[key]["version"]) for key in newer])
        if rows:
            await self.publish(rows)

    async def _answer(self, conn: Any, message: str, heard: dict[str, Any]) -> list[Row]:
        ids = list(heard)
        await conn.fetch("SELECT id, body FROM states WHERE id = ANY($1)", ids)
        stored = {row["id"]: row for row in await conn.fetch("SELECT * FROM answers WHERE id = ANY($1)", ids)}
        rows: list[Row] = []
        for key, found in heard.items():
            version = (stored[key]["version"] if key in stored else 0) + 1
            known = stored[key]["heard"] if key in stored else 0
            applied = found["version"] if message == ORDER else known
            body = json.dumps({"shop": "shop", "version": version, "id": key, "heard": applied, "pad": "x" * 200})
            rows.append((SPEAKS[self.name], key, version, body.encode()))
        await conn.executemany(ANSWER, [(r[1], r[2], json.loads(r[3])["heard"], r[3].decode()) for r in rows])
        await conn.executemany(SAY, [(r[0], r[1], r[2], r[3].decode()) for r in rows])
        return rows

    async def _facts(self, conn: Any, message: str, heard: dict[str, Any]) -> list[Row]:
        ids = list(heard)
        orders = await conn.fetch("SELECT * FROM orders WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
        known: dict[str, dict[str, int]] = {key: {} for key in ids}
        for row in await conn.fetch("SELECT order_id, service, heard FROM hearings WHERE order_id = ANY($1)", ids):
            known[row["order_id"]][row["service"]] = row["heard"]
        for key, found in heard.items():
            known[key][message] = found["heard"]
        facts = [(r["id"], "reserved", min(v := _all(known[r["id"]])), min(v) >= r["version"]) for r in orders]
        await conn.executemany(FACTS, facts)
        rows = [(key, message, f["version"], f["heard"], json.dumps(f)) for key, f in heard.items()]
        await conn.executemany(HEARING, rows)
        return []


def _all(known: dict[str, int]) -> list[int]:
    return [known.get(message, 0) for message in SPEAKS.values()]


async def consume(queue: aio_pika.abc.AbstractQueue, hear: Callable[[list[bytes]], Awaitable[None]]) -> None:
    """Batches of what has arrived, each message acknowledged after its batch."""
    waiting: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    await queue.consume(waiting.put)
    while True:
        taken = [await waiting.get()]
        while len(taken) < BATCH and not waiting.empty():
            taken.append(waiting.get_nowait())
        await hear([message.body for message in taken])
        await asyncio.gather(*(message.ack() for message in taken))


async def round_trip(orders: Service, ids: list[str], version: int) -> float:
    """Change these orders once, from the commit in orders until all are settled; CPU seconds of this process."""
    async with orders.pool.acquire() as conn, conn.transaction():
        body = json.dumps({"shop": "shop", "version": version, "pad": "x" * 1900})
        await conn.executemany(CHANGE, [(i, version) for i in ids])
        await conn.executemany(SAY, [(ORDER, i, version, body[:-1] + f', "id": "{i}"}}') for i in ids])
    before = resource.getrusage(resource.RUSAGE_SELF)
    while rows := await orders.pool.fetch("SELECT * FROM outbox ORDER BY created_at LIMIT $1", SWEEP):
        await orders.publish([(r["message"], r["key"], r["version"], r["body"].encode()) for r in rows])
    while await orders.pool.fetchval("SELECT count(*) FROM orders WHERE NOT settled"):
        await asyncio.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def main(amqp_url: str, database_url: str, changes: int) -> None:
    connection = await aio_pika.connect(amqp_url)
    declaring = await connection.channel()
    exchange = await declaring.declare_exchange("floor", aio_pika.ExchangeType.TOPIC, durable=True)
    services: dict[str, Service] = {}
    tasks = []
    for name, messages in HEARS.items():
        pool = await asyncpg.create_pool(database_url.replace("{service}", name), min_size=2, max_size=5)
        await pool.execute(TABLES)
        publishing = await (await aio_pika.connect(amqp_url)).channel()
        services[name] = service = Service(name, pool, await publishing.get_exchange("floor"))
        for message in messages:
            channel = await connection.channel()
            await channel.set_qos(200)
            queue = await channel.declare_queue(f"floor.{name}.{message}", durable=True, arguments=QUORUM)
            await queue.bind(exchange, f"{message}.shop.all")
            tasks.append(asyncio.create_task(consume(queue, partial(service.hear, message))))
    ids = [str(uuid.uuid4()) for _ in range(changes)]
    new = "INSERT INTO orders VALUES ($1, 0, 0, 'none', 'unpaid', 'none', 0, true, $2)"
    await services["orders"].pool.executemany(new, [(i, "x" * 1500) for i in ids])
    await round_trip(services["orders"], ids, 1)  # warm-up: every row exists after it
    print(json.dumps({"cpu_ms": 1000 * await round_trip(services["orders"], ids, 2) / changes, "changes": changes}))
    for task in tasks:
        task.cancel()
    await connection.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
