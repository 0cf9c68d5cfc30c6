"""Inventory: what is there, who asked for it, who gets it.

Owns: products and their prices, the stock ledger, reservations, the waiting list
Publishes: inventory.reservation.v1, inventory.product.v1, digest.v1
Hears: orders.order.v1, orders.shop.v1
"""
