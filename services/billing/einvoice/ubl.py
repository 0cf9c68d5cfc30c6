"""OASIS UBL 2.1, as EN 16931 uses it: the same document for readers of the other syntax.

An invoice and a credit note are two documents with few names apart. The order of the elements is that of the schema;
`content` says what each means.
"""

from collections.abc import Mapping

from services.billing.einvoice.content import (
    GUIDELINE,
    UNIT,
    Group,
    Item,
    Party,
    Price,
    Snapshot,
    buyer,
    delivery,
    groups,
    items,
    obstacle,
    seller,
    tax_in_euros,
    transfer,
    type_code,
)
from services.billing.einvoice.markup import Markup, Node, written

_OASIS = "urn:oasis:names:specification:ubl:schema:xsd"
_COMMON = {"cac": f"{_OASIS}:CommonAggregateComponents-2", "cbc": f"{_OASIS}:CommonBasicComponents-2"}
node = Markup(_COMMON)
_ROOTS = {
    "invoice": ("Invoice", "InvoiceTypeCode", "InvoiceLine", "InvoicedQuantity"),
    "credit_note": ("CreditNote", "CreditNoteTypeCode", "CreditNoteLine", "CreditedQuantity"),
}
DEBITS = "3"
"""VAT is due by the date of the invoice (UNTDID 2005)."""


def ubl(snapshot: Snapshot) -> bytes | None:
    """The document as UBL; None where EN 16931 cannot say it (`content.obstacle` says why)."""
    if obstacle(snapshot):
        return None
    root, type_name, line_name, quantity_name = _ROOTS[snapshot["kind"]]
    currency = snapshot["currency"]
    document = Markup({"": f"{_OASIS}:{root}-2", **_COMMON})
    return written(
        document.root(
            root,
            _head(snapshot, type_name),
            _references(snapshot),
            node("cac:AccountingSupplierParty", node("cac:Party", _party(seller(snapshot)))),
            node("cac:AccountingCustomerParty", node("cac:Party", _party(buyer(snapshot)))),
            _delivery(snapshot),
            _payment(snapshot),
            node(
                "cac:TaxTotal",
                _amount("TaxAmount", snapshot["totals"]["tax"], currency),
                [_group(group, currency) for group in groups(snapshot)],
            ),
            node("cac:TaxTotal", _amount("TaxAmount", tax_in_euros(snapshot), "EUR")),
            _totals(snapshot),
            [_line(item, line_name, quantity_name, currency) for item in items(snapshot)],
        )
    )


def _head(snapshot: Snapshot, type_name: str) -> list[Node | None]:
    due_on = snapshot["due_on"] if snapshot["kind"] == "invoice" else None
    return [
        node("cbc:CustomizationID", GUIDELINE),
        node("cbc:ProfileID", snapshot["process"]),
        node("cbc:ID", snapshot["number"]),
        node("cbc:IssueDate", snapshot["issued_on"]),
        node("cbc:DueDate", due_on),
        node(f"cbc:{type_name}", type_code(snapshot)),
        *(node("cbc:Note", f"#{note['code']}#{note['text']}") for note in snapshot["notes"]),
        node("cbc:DocumentCurrencyCode", snapshot["currency"]),
        node("cbc:TaxCurrencyCode", "EUR") if tax_in_euros(snapshot) else None,
    ]


def _references(snapshot: Snapshot) -> list[Node | None]:
    """The order is named where the client's number is known: UBL has no place for the seller's alone."""
    order, reference = snapshot["order"], snapshot["refers_to"]
    wanted = order["purchase_order"]
    return [
        node("cac:InvoicePeriod", node("cbc:DescriptionCode", DEBITS)) if snapshot["vat_on_debits"] else None,
        node("cac:OrderReference", node("cbc:ID", wanted), node("cbc:SalesOrderID", order["code"])) if wanted else None,
        reference
        and node(
            "cac:BillingReference",
            node(
                "cac:InvoiceDocumentReference",
                node("cbc:ID", reference["number"]),
                node("cbc:IssueDate", reference["issued_on"]),
            ),
        ),
    ]


def _party(party: Party) -> list[Node | None]:
    endpoint = party.endpoint
    return [
        node("cbc:EndpointID", endpoint["id"], schemeID=endpoint["scheme"]) if endpoint else None,
        node("cac:PartyIdentification", node("cbc:ID", party.siret, schemeID="0009")),
        node("cac:PartyName", node("cbc:Name", party.trading_name)),
        _address("PostalAddress", party.address),
        _registration(party.vat, "VAT"),
        _registration(party.fiscal, "LOC"),
        node(
            "cac:PartyLegalEntity",
            node("cbc:RegistrationName", party.name),
            node("cbc:CompanyID", party.siren, schemeID="0002"),
            node("cbc:CompanyLegalForm", party.legal_form),
        ),
        node(
            "cac:Contact",
            node("cbc:Name", party.person),
            node("cbc:Telephone", party.phone),
            node("cbc:ElectronicMail", party.email),
        ),
    ]


def _registration(number: str | None, scheme: str) -> Node | None:
    if number is None:
        return None
    return node("cac:PartyTaxScheme", node("cbc:CompanyID", number), _scheme(scheme))


def _scheme(name: str = "VAT") -> Node | None:
    return node("cac:TaxScheme", node("cbc:ID", name))


def _address(name: str, address: Mapping[str, str]) -> Node | None:
    street = [*address["street"].splitlines(), "", "", ""]
    return node(
        f"cac:{name}",
        node("cbc:StreetName", street[0]),
        node("cbc:AdditionalStreetName", street[1]),
        node("cbc:CityName", address["city"]),
        node("cbc:PostalZone", address["postal_code"]),
        node("cac:AddressLine", node("cbc:Line", street[2])),
        node("cac:Country", node("cbc:IdentificationCode", address["country"])),
    )


def _delivery(snapshot: Snapshot) -> Node | None:
    place, day = delivery(snapshot)
    return node(
        "cac:Delivery",
        node("cbc:ActualDeliveryDate", day),
        node("cac:DeliveryLocation", _address("Address", place)),
        node("cac:DeliveryParty", node("cac:PartyName", node("cbc:Name", place["name"]))),
    )


def _payment(snapshot: Snapshot) -> list[Node | None]:
    means = transfer(snapshot)
    return [
        means
        and node(
            "cac:PaymentMeans",
            node("cbc:PaymentMeansCode", means[0]),
            node("cbc:PaymentID", snapshot["number"]),
            node("cac:PayeeFinancialAccount", node("cbc:ID", means[1])),
        ),
        node("cac:PaymentTerms", node("cbc:Note", snapshot["payment_terms"])),
    ]


def _group(group: Group, currency: str) -> Node | None:
    return node(
        "cac:TaxSubtotal",
        _amount("TaxableAmount", group.base, currency),
        _amount("TaxAmount", group.tax, currency),
        node(
            "cac:TaxCategory",
            node("cbc:ID", group.category),
            node("cbc:Percent", group.rate),
            node("cbc:TaxExemptionReasonCode", group.code),
            node("cbc:TaxExemptionReason", group.reason),
            _scheme(),
        ),
    )


def _totals(snapshot: Snapshot) -> Node | None:
    totals, currency = snapshot["totals"], snapshot["currency"]
    return node(
        "cac:LegalMonetaryTotal",
        _amount("LineExtensionAmount", totals["net"], currency),
        _amount("TaxExclusiveAmount", totals["net"], currency),
        _amount("TaxInclusiveAmount", totals["gross"], currency),
        _amount("PrepaidAmount", snapshot["paid"], currency),
        _amount("PayableAmount", snapshot["due"], currency),
    )


def _line(item: Item, line_name: str, quantity_name: str, currency: str) -> Node | None:
    price = item.price
    return node(
        f"cac:{line_name}",
        node("cbc:ID", item.number),
        node(f"cbc:{quantity_name}", item.quantity, unitCode=UNIT),
        _amount("LineExtensionAmount", item.net, currency),
        node(
            "cac:Item",
            node("cbc:Name", item.name),
            node("cac:SellersItemIdentification", node("cbc:ID", item.sku)),
            node(
                "cac:ClassifiedTaxCategory",
                node("cbc:ID", item.category),
                node("cbc:Percent", item.rate),
                _scheme(),
            ),
        ),
        node(
            "cac:Price",
            _amount("PriceAmount", price.amount, currency),
            node("cbc:BaseQuantity", str(price.base), unitCode=UNIT) if price.base != 1 else None,
            _reduction(price, currency),
        ),
    )


def _reduction(price: Price, currency: str) -> Node | None:
    if price.reduction is None or price.before is None:
        return None
    return node(
        "cac:AllowanceCharge",
        node("cbc:ChargeIndicator", "false"),
        _amount("Amount", price.reduction, currency),
        _amount("BaseAmount", price.before, currency),
    )


def _amount(name: str, amount: str | None, currency: str) -> Node | None:
    return node(f"cbc:{name}", amount, currencyID=currency)
