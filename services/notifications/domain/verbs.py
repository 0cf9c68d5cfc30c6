"""What kinds of effects there are; with channel and shop the verb is the lane.

Effects that no order asked for are nobody's to answer: a client's way into the client space, a product's stock
level, an alert, a test.
"""

SEND = "send"
CONFIRM = "confirm"
CANCEL = "cancel"
REFUND = "refund"
SIGN_IN = "sign_in"
DOCUMENT = "document"
"""The mail of one document, which no other mail has taken along."""
ALERT = "alert"
TEST = "test"
"""A mail that shows a shop's own people what a client would get."""
STOCK = "stock"
LEVELS = "levels"
"""Many stock levels at once."""
PULL = "pull"
"""Reading orders: no obligation, but it has a lane."""

UNANSWERED = frozenset({SIGN_IN, ALERT, TEST, STOCK, LEVELS})
