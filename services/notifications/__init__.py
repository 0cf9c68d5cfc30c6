"""Notifications: every word that leaves the house.

Owns: obligations and their attempts, mail, SMS, push, webhooks, marketplace accounts, calls and pulls, the sandboxes
Publishes: notifications.delivery.v1, notifications.channel_order.v1, digest.v1
Hears: orders.order.v1, orders.shop.v1, orders.sign_in.v1, billing.account.v1, inventory.product.v1
"""
