"""What notifications decides, without touching anything: which effects an order asks for, and how a lane is paced.

`payloads` is what an effect needs to leave the house, `wanted` the obligations as a function of the order, `results`
what a call came to, `lifecycle` what follows from it for the obligation, `lanes` for everything of the same account.
"""
