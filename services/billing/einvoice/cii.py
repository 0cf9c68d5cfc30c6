"""UN/CEFACT Cross Industry Invoice, profile EN 16931: the XML inside a Factur-X.

The order of the elements is that of the schema. `content` says what each means; `ubl` is the other syntax.
"""

from collections.abc import Mapping

from services.billing.einvoice.content import (
    GUIDELINE,
    UNIT,
    Group,
    Item,
    Party,
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

_UNECE = "urn:un:unece:uncefact:data:standard"
node = Markup(
    {
        "rsm": f"{_UNECE}:CrossIndustryInvoice:100",
        "ram": f"{_UNECE}:ReusableAggregateBusinessInformationEntity:100",
        "qdt": f"{_UNECE}:QualifiedDataType:100",
        "udt": f"{_UNECE}:UnqualifiedDataType:100",
    }
)
DEBITS = "5"
"""VAT is due by the date of the invoice (UNTDID 2475)."""


def cii(snapshot: Snapshot) -> bytes | None:
    """The document as CII; None where EN 16931 cannot say it (`content.obstacle` says why)."""
    if obstacle(snapshot):
        return None
    return written(
        node.root(
            "rsm:CrossIndustryInvoice",
            _context(snapshot),
            _document(snapshot),
            node(
                "rsm:SupplyChainTradeTransaction",
                [_line(item) for item in items(snapshot)],
                _agreement(snapshot),
                node.root("ram:ApplicableHeaderTradeDelivery", _delivery(snapshot)),
                _settlement(snapshot),
            ),
        )
    )


def _context(snapshot: Snapshot) -> Node | None:
    return node(
        "rsm:ExchangedDocumentContext",
        node("ram:BusinessProcessSpecifiedDocumentContextParameter", node("ram:ID", snapshot["process"])),
        node("ram:GuidelineSpecifiedDocumentContextParameter", node("ram:ID", GUIDELINE)),
    )


def _document(snapshot: Snapshot) -> Node | None:
    return node(
        "rsm:ExchangedDocument",
        node("ram:ID", snapshot["number"]),
        node("ram:TypeCode", type_code(snapshot)),
        node("ram:IssueDateTime", _day(snapshot["issued_on"])),
        [
            node("ram:IncludedNote", node("ram:Content", note["text"]), node("ram:SubjectCode", note["code"]))
            for note in snapshot["notes"]
        ],
    )


def _line(item: Item) -> Node | None:
    price = item.price
    basis = node("ram:BasisQuantity", str(price.base), unitCode=UNIT) if price.base != 1 else None
    return node(
        "ram:IncludedSupplyChainTradeLineItem",
        node("ram:AssociatedDocumentLineDocument", node("ram:LineID", item.number)),
        node("ram:SpecifiedTradeProduct", node("ram:SellerAssignedID", item.sku), node("ram:Name", item.name)),
        node(
            "ram:SpecifiedLineTradeAgreement",
            _price_before(item),
            node("ram:NetPriceProductTradePrice", node("ram:ChargeAmount", price.amount), basis),
        ),
        node("ram:SpecifiedLineTradeDelivery", node("ram:BilledQuantity", item.quantity, unitCode=UNIT)),
        node(
            "ram:SpecifiedLineTradeSettlement",
            node(
                "ram:ApplicableTradeTax",
                node("ram:TypeCode", "VAT"),
                node("ram:CategoryCode", item.category),
                node("ram:RateApplicablePercent", item.rate),
            ),
            node("ram:SpecifiedTradeSettlementLineMonetarySummation", node("ram:LineTotalAmount", item.net)),
        ),
    )


def _price_before(item: Item) -> Node | None:
    if item.price.before is None:
        return None
    return node(
        "ram:GrossPriceProductTradePrice",
        node("ram:ChargeAmount", item.price.before),
        node(
            "ram:AppliedTradeAllowanceCharge",
            node("ram:ChargeIndicator", node("udt:Indicator", "false")),
            node("ram:ActualAmount", item.price.reduction),
        ),
    )


def _agreement(snapshot: Snapshot) -> Node | None:
    order = snapshot["order"]
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        node("ram:SellerTradeParty", _party(seller(snapshot))),
        node("ram:BuyerTradeParty", _party(buyer(snapshot))),
        node("ram:SellerOrderReferencedDocument", node("ram:IssuerAssignedID", order["code"])),
        node("ram:BuyerOrderReferencedDocument", node("ram:IssuerAssignedID", order["purchase_order"])),
    )


def _party(party: Party) -> list[Node | None]:
    return [
        node("ram:GlobalID", party.siret, schemeID="0009"),
        node("ram:Name", party.name),
        node("ram:Description", party.legal_form),
        node(
            "ram:SpecifiedLegalOrganization",
            node("ram:ID", party.siren, schemeID="0002"),
            node("ram:TradingBusinessName", party.trading_name),
        ),
        node(
            "ram:DefinedTradeContact",
            node("ram:PersonName", party.person),
            node("ram:TelephoneUniversalCommunication", node("ram:CompleteNumber", party.phone)),
            node("ram:EmailURIUniversalCommunication", node("ram:URIID", party.email)),
        ),
        _address(party.address),
        _endpoint(party.endpoint),
        node("ram:SpecifiedTaxRegistration", node("ram:ID", party.vat, schemeID="VA")),
        node("ram:SpecifiedTaxRegistration", node("ram:ID", party.fiscal, schemeID="FC")),
    ]


def _endpoint(endpoint: Mapping[str, str] | None) -> Node | None:
    if endpoint is None:
        return None
    return node("ram:URIUniversalCommunication", node("ram:URIID", endpoint["id"], schemeID=endpoint["scheme"]))


def _address(address: Mapping[str, str]) -> Node | None:
    street = [*address["street"].splitlines(), "", "", ""]
    return node(
        "ram:PostalTradeAddress",
        node("ram:PostcodeCode", address["postal_code"]),
        node("ram:LineOne", street[0]),
        node("ram:LineTwo", street[1]),
        node("ram:LineThree", street[2]),
        node("ram:CityName", address["city"]),
        node("ram:CountryID", address["country"]),
    )


def _delivery(snapshot: Snapshot) -> list[Node | None]:
    place, day = delivery(snapshot)
    return [
        node("ram:ShipToTradeParty", node("ram:Name", place["name"]), _address(place)),
        node("ram:ActualDeliverySupplyChainEvent", node("ram:OccurrenceDateTime", _day(day))) if day else None,
    ]


def _settlement(snapshot: Snapshot) -> Node | None:
    means, due_on, reference = transfer(snapshot), snapshot["due_on"], snapshot["refers_to"]
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        node("ram:PaymentReference", snapshot["number"]) if means else None,
        node("ram:TaxCurrencyCode", "EUR") if tax_in_euros(snapshot) else None,
        node("ram:InvoiceCurrencyCode", snapshot["currency"]),
        means
        and node(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            node("ram:TypeCode", means[0]),
            node("ram:PayeePartyCreditorFinancialAccount", node("ram:IBANID", means[1])),
        ),
        [_group(group, debits=snapshot["vat_on_debits"]) for group in groups(snapshot)],
        node(
            "ram:SpecifiedTradePaymentTerms",
            node("ram:Description", snapshot["payment_terms"]),
            due_on and node("ram:DueDateDateTime", _day(due_on)),
        ),
        _totals(snapshot),
        reference
        and node(
            "ram:InvoiceReferencedDocument",
            node("ram:IssuerAssignedID", reference["number"]),
            node("ram:FormattedIssueDateTime", _day(reference["issued_on"], "qdt")),
        ),
    )


def _group(group: Group, *, debits: bool) -> Node | None:
    return node(
        "ram:ApplicableTradeTax",
        node("ram:CalculatedAmount", group.tax),
        node("ram:TypeCode", "VAT"),
        node("ram:ExemptionReason", group.reason),
        node("ram:BasisAmount", group.base),
        node("ram:CategoryCode", group.category),
        node("ram:ExemptionReasonCode", group.code),
        node("ram:DueDateTypeCode", DEBITS) if debits else None,
        node("ram:RateApplicablePercent", group.rate),
    )


def _totals(snapshot: Snapshot) -> Node | None:
    totals, currency = snapshot["totals"], snapshot["currency"]
    return node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        node("ram:LineTotalAmount", totals["net"]),
        node("ram:TaxBasisTotalAmount", totals["net"]),
        node("ram:TaxTotalAmount", totals["tax"], currencyID=currency),
        node("ram:TaxTotalAmount", tax_in_euros(snapshot), currencyID="EUR"),
        node("ram:GrandTotalAmount", totals["gross"]),
        node("ram:TotalPrepaidAmount", snapshot["paid"]),
        node("ram:DuePayableAmount", snapshot["due"]),
    )


def _day(text: str, prefix: str = "udt") -> Node | None:
    return node(f"{prefix}:DateTimeString", text.replace("-", ""), format="102")
