"""Many orders at once, made by PostgreSQL itself: for `make bench-large`, and for the test of the list's plans.

The distributions are a shop's: most orders are done, few wait, facts follow the status, names repeat as names do, one
SKU in fifty sells a third of everything. Words are written as `commands.searching` writes them (a test of the list on
these rows finds orders by each kind). What no list reads (history, the answers of billing and notifications) is left
out.
"""

import asyncpg
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from services.orders.domain.code import new_code
from services.orders.tables import lines, order_terms, orders, parcels

FIRST_NAMES = 300
LAST_NAMES = 20_000
CLIENTS = 4
"""Orders a client."""

_ID = "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))"

_DRAWN = f"""
CREATE TEMP TABLE drawn AS
SELECT n, code, client, status,
  CASE WHEN status IN ('received', 'awaiting_payment') THEN CASE WHEN r1 < .05 THEN 'pending' ELSE 'unpaid' END
       WHEN status = 'refunded' THEN 'refunded' WHEN r1 < .002 THEN 'failed' WHEN r1 < .01 THEN 'authorised'
       WHEN status = 'cancelled' THEN 'unpaid' ELSE 'paid' END AS payment,
  CASE WHEN status IN ('shipped', 'delivered', 'completed', 'returned') THEN 'committed'
       WHEN status IN ('cancelled', 'refunded', 'closed') THEN 'none'
       WHEN r2 < .03 THEN 'short' WHEN r2 < .05 THEN 'partly' ELSE 'reserved' END AS stock,
  CASE WHEN status IN ('shipped', 'delivered', 'completed') THEN CASE WHEN r2 < .003 THEN 'imported' ELSE 'issued' END
       WHEN status IN ('returned', 'refunded') THEN 'credited' ELSE 'none' END AS invoice,
  CASE WHEN r3 < .7 THEN 'web' WHEN r3 < .85 THEN 'amazon' WHEN r3 < .95 THEN 'ebay' ELSE 'manual' END AS channel,
  CASE WHEN r4 < .8 THEN 'fr' WHEN r4 < .99 THEN 'en' ELSE 'de' END AS language,
  CASE WHEN r4 < .8 THEN 'FR' WHEN r4 < .9 THEN 'BE' WHEN r4 < .999 THEN 'DE' ELSE 'PT' END AS country,
  CASE WHEN r5 < .97 THEN 'EUR' WHEN r5 < .9995 THEN 'GBP' ELSE 'CHF' END AS currency,
  (500 + floor(power(r6, 4) * 60000))::bigint AS gross, r5 < .001 AS test,
  timestamptz '2026-06-01 12:00+00' - make_interval(secs => ($1::int - n) * (94000000.0 / $1) + r7 * 3600)
    AS placed_at,
  'first' || to_hex(floor(power(client_r1, 2) * {FIRST_NAMES})::int)
    || ' last' || to_hex(floor(power(client_r2, 2) * {LAST_NAMES})::int)
    AS name
FROM (
  SELECT n, code, client, r1, r2, r3, r4, r5, r6, r7,
    (hashint4(client)::bigint & 65535) / 65536.0 AS client_r1,
    (hashint4(client + 7)::bigint & 65535) / 65536.0 AS client_r2,
    CASE WHEN n > $1::int * .97 THEN (ARRAY['received', 'received', 'processing', 'processing', 'ready', 'shipped',
           'awaiting_payment', 'cancelled'])[1 + floor(r8 * 8)::int]
         WHEN r8 < .0005 THEN 'on_hold' WHEN r8 < .03 THEN 'cancelled' WHEN r8 < .04 THEN 'returned'
         WHEN r8 < .048 THEN 'refunded' WHEN r8 < .2 THEN 'shipped' WHEN r8 < .4 THEN 'delivered' ELSE 'completed' END
      AS status
  FROM (
    SELECT n, code, floor(random() * $1::int / {CLIENTS})::int AS client, random() AS r1, random() AS r2,
      random() AS r3, random() AS r4, random() AS r5, random() AS r6, random() AS r7, random() AS r8
    FROM codes
  ) AS dice
) AS chosen
"""

_EMAIL = "(replace(name, ' ', '.') || client || '@example' || client % 50 || '.org')"
_EXTERNAL = "CASE WHEN channel IN ('amazon', 'ebay') THEN upper(channel) || '-' || (100000000 + n) END"
_ORDERS = f"""
INSERT INTO orders (id, shop, code, version, revision, channel, external_id, test, placed_at, created_at, sent_at,
  currency, prices_include_tax, language, on_short, email, customer, billing_address, shipping_address, country, status,
  type, status_name, status_entry, raised_by, shown, automatic, credit_on_deletion, erased, net, tax, gross, next_line,
  parcels, payment, stock, invoice, paid, heard, settled, updated_at, counted)
SELECT {_ID}, $1, code, 3, 9, channel, {_EXTERNAL}, test, placed_at, placed_at, placed_at, currency, true, language,
  'wait', {_EMAIL}, jsonb_build_object('name', name, 'email', {_EMAIL}, 'phone', null, 'company', null),
  address, address, country, status, status, status, '', '', 'automatic', 0, false, false, gross - gross / 6, gross / 6,
  gross, 3, CASE WHEN stock = 'committed' THEN 1 ELSE 0 END, payment, stock, invoice,
  CASE WHEN payment = 'paid' THEN gross ELSE 0 END, 3, stock NOT IN ('short') OR n % 3 > 0,
  placed_at + make_interval(days => n % 9), 9
FROM drawn, LATERAL (SELECT jsonb_build_object('name', name, 'street', '1 rue du Port', 'postal_code', '44000',
  'city', 'Nantes', 'country', country) AS address) AS a
"""
_SKU = "('SKU-' || to_hex(CASE WHEN (n + l) % 3 = 0 THEN (n + l) % 20 ELSE hashint4(n * 2 + l) & 1023 END))"
_LINES = f"""
INSERT INTO lines (order_id, id, sku, name, kind, stocked, quantity, hold, shipped, restocked, waits, unit_price,
  tax_rate, net, tax, gross)
SELECT {_ID}, l, {_SKU}, 'Article', 'product', true, 1, 0, 1, 0, '[]'::jsonb, (gross / 2 / 100.0)::text, '20',
  gross / 2 - gross / 12, gross / 12, gross / 2
FROM drawn, generate_series(1, 2) AS l
"""
_TRACKING = "('6A' || (10000000000 + n))"
_PARCELS = f"""
INSERT INTO parcels (order_id, number, carrier, tracking_number, shipped_at, lines, revision)
SELECT {_ID}, 1, CASE WHEN n % 5000 = 0 THEN 'Coursier' WHEN n % 3 = 0 THEN 'Chronopost' ELSE 'Colissimo' END,
  {_TRACKING}, placed_at, '[[1, 1], [2, 1]]'::jsonb, 1
FROM drawn WHERE stock = 'committed'
"""
_TERMS = f"""
INSERT INTO order_terms (order_id, kind, term, shop)
SELECT {_ID}, 'code', unnest(ARRAY[lower(code), lower(replace(code, '-', ''))]), $1 FROM drawn
UNION ALL SELECT {_ID}, 'client', unnest(string_to_array(name, ' ') || {_EMAIL} || split_part({_EMAIL}, '@', 2)), $1
  FROM drawn
UNION ALL SELECT {_ID}, 'external', lower({_EXTERNAL}), $1
  FROM drawn WHERE channel IN ('amazon', 'ebay')
UNION ALL SELECT {_ID}, 'tracking', lower({_TRACKING}), $1 FROM drawn WHERE stock = 'committed'
UNION ALL SELECT DISTINCT {_ID}, 'sku', lower({_SKU}), $1
  FROM drawn, generate_series(1, 2) AS l
"""
_HEARINGS = f"""
INSERT INTO hearings (order_id, service, version, heard, open, heard_account, body, resends)
SELECT {_ID}, 'inventory', 1, 3, 0, 0, json_build_object('shop', $1::text, 'version', 1, 'id', {_ID}, 'heard', 3,
  'stock', stock, 'lines', json_build_array(json_build_object('line', 1, 'hold', 0, 'allocated', 0),
  json_build_object('line', 2, 'hold', 0, 'allocated', 0)))::text, 0
FROM drawn
"""


async def fill(url: str, shop: str, count: int) -> None:
    """Add `count` orders of a shop to the database at this plain URL, and bring its statistics up to date."""
    conn = await asyncpg.connect(url, timeout=60)
    try:
        await conn.execute("CREATE TEMP TABLE codes (n int, code text); SELECT setseed(0.5)")
        codes = ((number, new_code()) for number in range(1, count + 1))
        await conn.copy_records_to_table("codes", records=codes)
        await conn.execute(_DRAWN.replace("$1", str(count)))
        made = [index for table in (orders, lines, parcels, order_terms) for index in table.indexes]
        for index in made:
            await conn.execute(f'DROP INDEX "{index.name}"')
        await conn.execute("ALTER TABLE order_terms DROP CONSTRAINT order_terms_pkey")
        await conn.execute("SET session_replication_role = replica")  # no foreign keys to look after
        for statement in (_ORDERS, _TERMS, _HEARINGS):
            await conn.execute(statement, shop)
        for statement in (_LINES, _PARCELS):
            await conn.execute(statement)
        for index in made:
            await conn.execute(str(CreateIndex(index).compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]
        await conn.execute("ALTER TABLE order_terms ADD PRIMARY KEY (order_id, kind, term)")
        await conn.execute("VACUUM ANALYZE")
    finally:
        await conn.close()
