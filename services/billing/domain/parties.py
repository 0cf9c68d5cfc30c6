"""Who sells to whom, as a document names them: identities, addresses, and where e-invoices find each."""

import re
from typing import Any

from services.billing.domain.mentions import siren_of
from services.billing.domain.treatments import destination, vat_id
from shared.contracts import Address, LegalIdentity, Order, Shop

SIREN_DIRECTORY = "0225"
"""The scheme of electronic addresses in the French directory, which begin with a SIREN; `EM` is that of e-mail."""


def seller(shop: Shop) -> dict[str, Any]:
    """The legal identity. A seller in the scheme for small businesses shows no VAT number."""
    legal = shop.legal
    siren = legal.siren or (legal.siret or "")[:9] or None
    return {
        "title": shop.title,
        "name": legal.name,
        "legal_form": legal.legal_form,
        "address": postal(legal.address),
        "siren": siren,
        "siret": legal.siret,
        "vat_number": None if legal.vat_exempt else legal.vat_number,
        "email": legal.email,
        "phone": legal.phone,
        "iban": legal.iban,
        "electronic_address": _endpoint(legal.electronic_address, siren, legal.email),
    }


def buyer(order: Order) -> dict[str, Any]:
    """The client; an e-invoice reaches who has no SIREN by e-mail."""
    client, address = order.customer, order.billing_address or order.shipping_address
    return {
        "name": client.name,
        "company": client.company,
        "vat_number": client.vat_number,
        "siren": siren_of(order),
        "siret": client.siret,
        "address": address and postal(address),
        "electronic_address": _endpoint(client.electronic_address, siren_of(order), client.email),
    }


def ship_to(order: Order) -> dict[str, Any] | None:
    """The delivery address where it differs from the billing address."""
    if order.shipping_address is None or order.billing_address in (None, order.shipping_address):
        return None
    return postal(order.shipping_address)


def deliver_to(order: Order) -> dict[str, str] | None:
    """Where the goods change hands: the pick-up point, else where they are sent."""
    address = destination(order)
    return None if address is None else postal(address)


def delivery(order: Order) -> dict[str, Any]:
    """How the goods reach the client; `pickup` is None where they are brought."""
    point = order.pickup_point
    return {
        "method": order.shipping_method,
        "carrier": order.carrier,
        "pickup": point
        and {
            "name": point.name,
            "address": postal(point.address),
            "date": point.date and point.date.isoformat(),
        },
    }


def postal(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
    }


def _endpoint(given: str | None, siren: str | None, email: str | None) -> dict[str, str] | None:
    """The electronic address (BT-34, BT-49): as given, else by the SIREN, else by e-mail."""
    if given:
        scheme, _, address = given.partition(":")
    elif siren:
        scheme, address = SIREN_DIRECTORY, "".join(siren.split())
    elif email:
        scheme, address = "EM", email
    else:
        return None
    return {"scheme": scheme, "id": address}


def other_seller(legal: LegalIdentity, siren: str | None, vat: str | None) -> str | None:
    """The SIREN or VAT number of an invoice that is not this seller's; None where they are, or tell nothing.

    A French VAT number has the SIREN in it. Who has the right SIREN may be registered for VAT in other countries, too.
    """
    own_vat, vat = vat_id(legal.vat_number), vat_id(vat)
    number = "".join((legal.siren or legal.siret or "").split())[:9]
    own = number if re.fullmatch(r"[0-9]{9}", number, re.ASCII) else _siren_in(own_vat)
    for found in (siren, _siren_in(vat)):
        if own and found and found != own:
            return found
    if not vat or not own_vat or vat == own_vat or (siren and siren == own and vat[:2] != own_vat[:2]):
        return None
    return vat


def _siren_in(vat: str | None) -> str | None:
    return vat[4:] if vat and re.fullmatch(r"FR..[0-9]{9}", vat, re.ASCII) else None
