"""Payment providers as billing meets them: Stripe's protocol, spoken to Stripe or to the sandbox that stands in for it.

`stripe` is the client, `shapes` reads what it shows, `signatures` proves its events, `units` knows its amounts,
`providers` finds the account of a shop.
"""
