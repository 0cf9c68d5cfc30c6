"""Use cases, whoever asks: a request, a message, a timer, the command line.

`inputs` says what may be asked; `placing`, `moving`, `editing`, `amending`, `deleting` change orders; `hearing` and
`automatic` are what answers lead to; `resending` says an order again; `shops`, `statuses` and `checkout` keep the
shop's own data. Every change goes through `saving`: order rows locked, one history entry, a new version if services
must know, one outbox row.
"""
