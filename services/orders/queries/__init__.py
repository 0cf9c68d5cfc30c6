"""Reads of orders' own database.

`records` (orders to work on), `messages` (as services hear them), `documents` (as the API shows them), `lists`,
`timeline` and `log`, `hearings` (what each service says of an order), `catalogue` (a shop's statuses and settings),
`checkout` (what its orders may choose among).
"""
