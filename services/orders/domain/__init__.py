"""The rules of orders, pure: no database, no clock, no framework; beside the standard library only `shared.money`.

`types` says what each of the 16 status types implies, `transitions` which change is free, needs a decision or is
refused, `quantities` what every line holds, ships and gets back, `lines` what may be edited, `rules` which changes the
house makes by itself, `code` how an order is called, `checkout` what an order may choose among, `promotions` what is
taken off its prices, `kinds` what the kind of a line changes, `warnings` what asks for a person.
"""
