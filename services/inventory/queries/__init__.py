"""What inventory can tell: products, stock, ledger and waiting list (`stock`); whether it adds up (`verification`)."""
