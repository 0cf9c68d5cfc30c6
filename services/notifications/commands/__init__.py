"""What notifications does, whoever asks: `converge` on an order, `claim` and `record` attempts, a person's `settle`.

`say` raises the answer to an order; everything that changes one holds its guard row first. `inviting` writes down what
no order asked for: the mail with a client's way into the client space.
"""
