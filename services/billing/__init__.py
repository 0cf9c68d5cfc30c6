"""Billing: invoices and credit notes from the state of an order, gapless and sealed; the money that came and went.

Owns: invoices, credit notes, numbering, order forms, the documents' themes, payments, refunds
Publishes: billing.account.v1, digest.v1
Hears: orders.order.v1, orders.shop.v1
"""
