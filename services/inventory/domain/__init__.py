"""The rules of stock, pure: no database, no clock, no framework, nothing but the standard library.

`stock` has the words, `book` says who gets what (demand, allocation, the waiting list), `places` where the units are
and from where a line takes them; `prices` has what price lists are.
"""
