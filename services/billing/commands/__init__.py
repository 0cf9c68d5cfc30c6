"""What billing does: `converge` (bring documents to what orders ask), `issue` (numbers and seals), `pay` (money in and
out), `importing` (invoices made elsewhere), `rendering` and `typesetting` (PDFs). Every one runs in the caller's
transaction, under the orders' guard rows."""
