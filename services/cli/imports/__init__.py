"""Files brought to a running Comptoir: `sending` for orders, `stock` for movements, counts and products.

What a file says is read and decided by `services.orders.files`, which imports over HTTP use as well; here is what goes
out, as often as one likes: what is there already stays as it is. `reports` writes what a run leaves behind.
"""
