"""Reads of orders' own database.

`records` (orders to work on), `messages` (as services hear them), `documents` (as the API shows them), `lists`,
`timeline`, `hearings` (what each service says of an order), `catalogue` (a shop's statuses and settings).
"""
