"""The use cases of inventory, whoever asks: message, request or job. The only code that writes its tables.

`rows` makes, locks and writes the rows of products, `publishing` says how a product now is, `posting` settles the
stock of a transaction, `placing` says where it is. On these stand `orders` (what messages ask for), `answers` (what
they are told), `movements` (what people book), `locations` (where) and `products` (the sheets).
"""
