"""Orders: from creation to archiving, whoever created them. The only service that interprets status types.

Owns: orders, customers and their space, statuses, the timeline, shops and their keys
Publishes: orders.order.v1, orders.shop.v1, orders.sign_in.v1
Hears: inventory.reservation.v1, inventory.product.v1, billing.account.v1, notifications.delivery.v1, notifications.channel_order.v1, digest.v1
"""  # noqa: E501 - one line per word, which a test reads
