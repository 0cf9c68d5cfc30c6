"""The format `online-retail`: the export of a UK gift wholesaler that was published as the UCI data set of that name.

One row a line of an order; an InvoiceNo that begins with C is a cancellation and names no original; codes such as POST
are services; prices are in GBP before tax, moments in the shop's zone, day first. There is no e-mail, street or tax.
"""

from services.cli.imports.mapping import Mapping

SERVICES = frozenset({"POST", "DOT", "C2", "D", "M", "BANK CHARGES"})
"""Postage, DOTCOM postage, carriage, discount, manual, bank charges: charged or granted, never on a shelf."""

ONLINE_RETAIL = Mapping(
    columns={
        "order": "InvoiceNo",
        "sku": "StockCode",
        "name": "Description",
        "quantity": "Quantity",
        "placed_at": "InvoiceDate",
        "unit_price": "UnitPrice",
        "customer_id": "CustomerID",
        "country": "Country",
    },
    currency="GBP",
    prices_include_tax=False,
    date_format="%d/%m/%Y %H:%M",
    cancellation_prefix="C",
    services=SERVICES,
)
