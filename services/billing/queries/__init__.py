"""Reads of billing: `ledgers` (what the rules need of orders and documents), `documents` and `payments` (what people
ask for), `proof` (that nothing is missing and nothing was touched)."""
