"""The floor: the same messages, durability and rows as one order change, on raw aio-pika and asyncpg.

Imports neither `services` nor `shared`. One process plays all four services and knows the same tricks: batches of up
to 50 that wait for company, one acknowledgement for a batch, publishing without a wait, a collector that rests.
"""

import asyncio
import gc
import sys
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Any

import aio_pika
import asyncpg
import uvloop
from orjson import dumps, loads
from pamqp.commands import Basic
from pamqp.common import FieldTable

BATCH, SWEEP, LONGEST_REST, FORGET = 50, 200, 0.05, 0.1
QUORUM: FieldTable = {"x-queue-type": "quorum"}
ORDER, RESERVATION, ACCOUNT, DELIVERY = "orders.order.v1", "reservation.v1", "account.v1", "delivery.v1"
SPEAKS = {"inventory": RESERVATION, "billing": ACCOUNT, "notifications": DELIVERY}
HEARS = {"inventory": [ORDER], "billing": [ORDER], "notifications": [ORDER, ACCOUNT], "orders": [*SPEAKS.values()]}
STATES = {"inventory": 2, "billing": 1, "notifications": 0, "orders": 0}  # rows read per order besides guard and answer
TABLES = """
CREATE TABLE guards (message text, key text, version bigint, parked bool, PRIMARY KEY (message, key));
CREATE TABLE outbox (message text, key text, shop text DEFAULT 'shop', detail text DEFAULT 'all', version bigint,
  body text, created_at timestamptz, PRIMARY KEY (message, key));
CREATE TABLE answers (id text PRIMARY KEY, shop text DEFAULT 'shop', version bigint, heard bigint, open bigint,
  body text, changed_at timestamptz);
CREATE TABLE states (id text, line int, version bigint, body text, PRIMARY KEY (id, line));
CREATE TABLE orders (id text PRIMARY KEY, version bigint, revision bigint, stock text, payment text, invoice text,
  paid bigint, warning text, heard bigint, settled bool, body text);
CREATE TABLE hearings (id text, service text, version bigint, heard bigint, open bigint, blocked text,
  heard_account bigint, body text, answered_at timestamptz, resends int, PRIMARY KEY (id, service));
CREATE TABLE progress (service text PRIMARY KEY, sent_at timestamptz);
CREATE INDEX ON outbox (created_at); CREATE INDEX ON answers (changed_at);
CREATE INDEX ON orders (id) WHERE NOT settled;
"""


def upsert(table: str, keys: str, others: str) -> str:
    columns = f"{keys}, {others}"
    places = ", ".join(f"${number}" for number in range(1, columns.count(",") + 2))
    new = ", ".join(f"{name} = excluded.{name}" for name in others.split(", "))
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT ({keys}) DO UPDATE SET {new}"


LOCK = "SELECT key, version, parked FROM guards WHERE message = $1 AND key = ANY($2) ORDER BY key FOR UPDATE"
RAISE = upsert("guards", "message, key", "version, parked")
SAY = upsert("outbox", "message, key", "version, body, created_at")
ANSWER = upsert("answers", "id", "version, heard, open, body, changed_at")
STATE = upsert("states", "id, line", "version, body")
HEARING = upsert("hearings", "id, service", "version, heard, open, heard_account, body, answered_at, resends")
UNSETTLED = "SELECT count(*) FROM orders WHERE NOT settled"
REACHED = upsert("progress", "service", "sent_at")
SENT = "DELETE FROM outbox WHERE message = $1 AND key = $2 AND version = $3"
FACTS = upsert("orders", "id", "revision, stock, payment, invoice, paid, warning, heard, settled")
PERSISTENT, HINT = Basic.Properties(delivery_mode=2), Basic.Properties(delivery_mode=1)
Row = tuple[str, str, int, bytes]


class Service:
    """One of the four, with its pool, its publishing channel and a batch per queue."""

    def __init__(self, name: str, pool: asyncpg.Pool, channel: Any) -> None:
        self.name, self.pool, self.channel, self.confirmed = name, pool, channel, list[Row]()
        self.turn = asyncio.Lock()  # notifications answers to two messages about one order

    async def publish(self, rows: list[Row]) -> None:
        """Send pipelined, with confirms; what was confirmed is deleted by `forget`."""
        publish = partial(self.channel.basic_publish, exchange="floor", properties=PERSISTENT, wait=False)
        await asyncio.gather(*(publish(row[3], routing_key=f"{row[0]}.shop.all") for row in rows))
        self.confirmed += rows

    async def forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET)
            if rows := self.confirmed[:]:
                async with self.pool.acquire() as conn, conn.transaction():
                    await conn.executemany(SENT, sorted(row[:3] for row in rows))
                del self.confirmed[: len(rows)]

    async def hear(self, message: str, bodies: list[bytes]) -> None:
        """One batch: newest of each key, lock, apply, answer, commit, publish."""
        heard = {found["id"]: found for found in sorted(map(loads, bodies), key=itemgetter("id"))}
        async with self.turn, self.pool.acquire() as conn, conn.transaction():
            guards = {key: version for key, version, _ in await conn.fetch(LOCK, message, list(heard))}
            newer = {key: found for key, found in heard.items() if found["version"] > guards.get(key, 0)}
            apply = self._facts if self.name == "orders" else self._answer
            rows = await apply(conn, message, newer)
            await conn.executemany(RAISE, [(message, key, found["version"], False) for key, found in newer.items()])
        if rows:
            await self.publish(rows)

    async def _answer(self, conn: Any, message: str, heard: dict[str, Any]) -> list[Row]:
        await conn.fetch("SELECT * FROM states WHERE id = ANY($1)", list(heard))
        if self.name == "billing":
            await conn.executemany(STATE, [(i, 0, f["version"], dumps(f).decode()) for i, f in heard.items()])
        known = await conn.fetch("SELECT id, version, body FROM answers WHERE id = ANY($1)", list(heard))
        stored = {id_: version for id_, version, _ in known}
        rows, answers, now = list[Row](), [], datetime.now(UTC)
        for key, found in heard.items():
            version = stored.get(key, 0) + 1  # notifications answers twice a change: to the order and to the account
            applied = version // 2 if self.name == "notifications" else found["version"]
            body = dumps({"shop": "shop", "version": version, "id": key, "heard": applied, "pad": "x" * 100})
            rows.append((SPEAKS[self.name], key, version, body))
            answers.append((key, version, applied, 0, body.decode(), now))
        await conn.executemany(ANSWER, answers)
        await conn.executemany(SAY, [(*row[:3], row[3].decode(), now) for row in rows])
        return rows

    async def _facts(self, conn: Any, message: str, heard: dict[str, Any]) -> list[Row]:
        orders = await conn.fetch("SELECT * FROM orders WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(heard))
        known: dict[str, dict[str, int]] = {key: {} for key in heard}
        for row in await conn.fetch("SELECT * FROM hearings WHERE id = ANY($1)", list(heard)):
            known[row["id"]][row["service"]] = row["heard"]
        facts, now = [], datetime.now(UTC)
        for row in orders:
            mine = known[row["id"]] | {message: heard[row["id"]]["heard"]}
            least = min(mine.get(said, 0) for said in SPEAKS.values())
            done = least >= row["version"]
            facts.append((row["id"], row["revision"] + 1, "reserved", "unpaid", "none", 0, None, least, done))
        await conn.executemany(FACTS, facts)
        rows = [(i, message, f["version"], f["heard"], 0, 0, dumps(f).decode(), now, 0) for i, f in heard.items()]
        await conn.executemany(HEARING, rows)
        await conn.execute(REACHED, message, now)
        hint = dumps([(key, 1) for key in heard])
        await self.channel.basic_publish(hint, exchange="floor", routing_key="hint", properties=HINT, wait=False)
        return []


async def consume(queue: Any, hear: Any) -> None:
    """Batches of what has arrived, each acknowledged as one."""
    waiting = asyncio.Queue[Any]()
    await queue.consume(waiting.put)
    rest = 0.0
    while True:
        taken = [await waiting.get()]
        if rest and waiting.qsize() < BATCH - 1:
            await asyncio.sleep(rest)
        while len(taken) < BATCH and not waiting.empty():
            taken.append(waiting.get_nowait())
        started = time.perf_counter()
        await hear([message.body for message in taken])
        await taken[-1].ack(multiple=True)
        rest = min(time.perf_counter() - started, LONGEST_REST) if len(taken) > 1 else 0.0


async def round_trip(services: dict[str, Service], ids: list[str], version: int) -> float:
    """Change these orders once, from the commit in orders until all are settled; CPU seconds of this process."""
    orders = services["orders"]
    async with orders.pool.acquire() as conn, conn.transaction():
        await conn.execute("UPDATE orders SET version = $1, settled = false", version)
        messages = {i: dumps({"id": i, "version": version, "pad": "x" * 1700}).decode() for i in ids}
        await conn.executemany(SAY, [(ORDER, i, version, body, datetime.now(UTC)) for i, body in messages.items()])
    before = time.process_time()
    while rows := await orders.pool.fetch("SELECT * FROM outbox ORDER BY created_at LIMIT $1", SWEEP):
        await orders.publish([(r["message"], r["key"], r["version"], r["body"].encode()) for r in rows])
        while orders.confirmed:
            await asyncio.sleep(FORGET / 10)
    while any(service.confirmed for service in services.values()) or await orders.pool.fetchval(UNSETTLED):
        await asyncio.sleep(FORGET)
    return time.process_time() - before


async def main(amqp_url: str, database_url: str, changes: int) -> None:
    gc.set_threshold(20_000)
    connection = await aio_pika.connect(amqp_url)
    exchange = await (await connection.channel()).declare_exchange("floor", aio_pika.ExchangeType.TOPIC, durable=True)
    ids = [str(uuid.uuid4()) for _ in range(changes)]
    services, tasks = dict[str, Service](), set[Any]()
    for name, messages in HEARS.items():
        pool = await asyncpg.create_pool(database_url.replace("{service}", name), min_size=2, max_size=5)
        await pool.execute(TABLES)
        await pool.executemany(STATE, [(i, line, 0, "x" * 20) for i in ids for line in range(STATES[name])])
        publishing = await (await aio_pika.connect(amqp_url)).channel()
        services[name] = service = Service(name, pool, await publishing.get_underlay_channel())
        tasks.add(asyncio.create_task(service.forget()))
        for message in messages:
            channel = await connection.channel()
            await channel.set_qos(200)
            queue = await channel.declare_queue(f"floor.{name}.{message}", durable=True, arguments=QUORUM)
            await queue.bind(exchange, f"{message}.shop.all")
            await queue.purge()  # what an earlier run had not acknowledged yet
            tasks.add(asyncio.create_task(consume(queue, partial(service.hear, message))))
    new = upsert("orders", "id", "version, revision, stock, heard, settled, body")
    await services["orders"].pool.executemany(new, [(i, 0, 0, "none", 0, True, "x" * 1500) for i in ids])
    await round_trip(services, ids, 1)  # warm-up: every row exists after it
    gc.freeze()
    print(dumps({"cpu_ms": 1000 * await round_trip(services, ids, 2) / changes, "changes": changes}).decode())


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
