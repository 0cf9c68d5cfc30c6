"""Orders from a file of another shop system, taken over row by row.

`reading` makes records of a file or says why it cannot; `mapping` says which column means what (`online_retail` is
one, known by name); `deciding` takes, credits or rejects each row; `staging` keeps the decisions on disk, so that
memory stays flat and rows of an order need not be neighbours; `documents` turns them into the API's orders; `sending`
brings them to a running Comptoir, as often as one likes: what is there already stays as it is.
"""
