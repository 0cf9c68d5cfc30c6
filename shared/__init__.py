"""What the four services share: the messages they exchange and the machinery that carries them.

A closed list (`contracts`, `broker`, `outbox`, `batch`, `database`, `settings`, `runtime`, `problems`, `observability`,
`security`, `money`, `web`), and never a business rule: a rule belongs to the service that owns it.
"""
