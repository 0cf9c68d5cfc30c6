"""Small files as other shop systems export them: the vendors' own headers, orders made up here."""

import csv
import io
from collections.abc import Iterable, Mapping


def _columns(header: str) -> list[str]:
    return header.split(",")


SHOPIFY = _columns(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,"
    "Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,"
    "Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,"
    "Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,"
    "Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,"
    "Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,"
    "Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,"
    "Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,"
    "Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)

WOOCOMMERCE = _columns(
    "order_id,order_number,order_number_formatted,date,status,shipping_total,shipping_tax_total,fee_total,"
    "fee_tax_total,tax_total,discount_total,order_total,refunded_total,order_currency,payment_method,"
    "shipping_method,customer_id,billing_first_name,billing_last_name,billing_full_name,billing_company,"
    "vat_number,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,"
    "billing_state,billing_state_code,billing_country,shipping_first_name,shipping_last_name,shipping_full_name,"
    "shipping_address_1,shipping_address_2,shipping_postcode,shipping_city,shipping_state,shipping_state_code,"
    "shipping_country,shipping_company,customer_note,item_id,item_product_id,item_name,item_sku,item_quantity,"
    "item_subtotal,item_subtotal_tax,item_total,item_total_tax,item_refunded,item_refunded_qty,item_meta,"
    "item_price,line_items,shipping_items,fee_items,tax_items,coupon_items,refunds,order_notes,"
    "download_permissions"
)

AMAZON = _columns(
    "amazon-order-id,merchant-order-id,purchase-date,last-updated-date,order-status,fulfillment-channel,"
    "sales-channel,order-channel,ship-service-level,product-name,sku,asin,item-status,quantity,currency,"
    "item-price,item-tax,shipping-price,shipping-tax,gift-wrap-price,gift-wrap-tax,item-promotion-discount,"
    "ship-promotion-discount,ship-city,ship-state,ship-postal-code,ship-country,promotion-ids,cpf,"
    "is-business-order,purchase-order-number,price-designation"
)

EBAY = _columns(
    "Sales Record Number,Order Number,Buyer Username,Buyer Name,Buyer Email,Buyer Note,Buyer Address 1,"
    "Buyer Address 2,Buyer City,Buyer State,Buyer Zip,Buyer Country,Buyer Tax Identifier Name,"
    "Buyer Tax Identifier Value,Ship To Name,Ship To Phone,Ship To Address 1,Ship To Address 2,Ship To City,"
    "Ship To State,Ship To Zip,Ship To Country,Item Number,Item Title,Custom Label,Sold Via Promoted Listings,"
    "Quantity,Sold For,Shipping And Handling,Item Location,Item Zip Code,Item Country,"
    "eBay Collect And Remit Tax Rate,eBay Collect And Remit Tax Type,eBay Reference Name,eBay Reference Value,"
    "Tax Status,Seller Collected Tax,eBay Collected Tax,Electronic Waste Recycling Fee,Mattress Recycling Fee,"
    "Battery Recycling Fee,White Goods Disposal Tax,Tire Recycling Fee,Additional Fee,Lumber Fee,"
    "Prepaid Wireless Fee,Road Improvement And Food Delivery Fee,eBay Collected Charges,Total Price,"
    "eBay Collected Tax and Fees Included in Total,Payment Method,Sale Date,Paid On Date,Ship By Date,"
    "Minimum Estimated Delivery Date,Maximum Estimated Delivery Date,Shipped On Date,Feedback Left,"
    "Feedback Received,My Item Note,PayPal Transaction ID,Shipping Service,Tracking Number,Transaction ID,"
    "Variation Details,Global Shipping Program,Global Shipping Reference ID,Click And Collect,"
    "Click And Collect Reference Number,eBay Plus"
)

Rows = Iterable[Mapping[str, str]]


def written(columns: list[str], rows: Rows, delimiter: str = ",") -> str:
    """A file with these columns; a row names the cells that are filled."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _shopify() -> str:
    first = {
        "Name": "#1001", "Email": "zoe@example.org", "Financial Status": "paid", "Currency": "EUR",
        "Subtotal": "45.00", "Shipping": "4.90", "Taxes": "8.32", "Total": "49.90", "Discount Code": "BIENVENUE",
        "Discount Amount": "5.00", "Shipping Method": "Colissimo", "Created at": "2026-03-02 09:15:00 +0100",
        "Billing Name": "Zoé Martin", "Billing Address1": "3 rue des Vignes", "Billing Address2": "Bât. B",
        "Billing City": "Bordeaux", "Billing Zip": "'33000", "Billing Country": "FR", "Billing Phone": "'+33612345678",
        "Shipping Name": "Zoé Martin", "Shipping Address1": "3 rue des Vignes", "Shipping City": "Bordeaux",
        "Shipping Zip": "'33000", "Shipping Country": "FR", "Payment Method": "Shopify Payments",
        "Tags": "fidèle, vip", "Source": "web", "Tax 1 Name": "FR TVA 20%", "Tax 1 Value": "8.32",
    }  # fmt: skip
    item = {"Lineitem requires shipping": "true", "Lineitem taxable": "true", "Lineitem discount": "0.00"}
    wine = item | {"Lineitem quantity": "2", "Lineitem name": "Médoc 2019", "Lineitem price": "18.50",
                   "Lineitem sku": "BX-2019-MED"}  # fmt: skip
    card = item | {"Lineitem quantity": "1", "Lineitem name": "Carte cadeau", "Lineitem price": "13.00",
                   "Lineitem requires shipping": "false"}  # fmt: skip
    full = first | wine | {"Subtotal": "50.00", "Taxes": "9.15", "Total": "54.90"}
    cancelled = full | {"Name": "#1002", "Cancelled at": "2026-03-03 10:00:00 +0100"}
    wrong = full | {"Name": "#1003", "Lineitem quantity": "two"}
    rows = [
        first | wine,
        {"Name": "#1001"} | card,
        cancelled,
        {"Name": "#1002"} | card,
        wrong,
        {"Name": "#1003"} | card,
    ]
    return written(SHOPIFY, rows)


def _woocommerce() -> str:
    order = {
        "order_id": "501", "order_number": "501", "order_number_formatted": "501", "date": "2026-03-02 09:15:00",
        "status": "processing", "shipping_total": "4.00", "shipping_tax_total": "0.80", "fee_total": "0.00",
        "fee_tax_total": "0.00", "order_total": "40.13", "order_currency": "EUR", "payment_method": "stripe",
        "shipping_method": "Colissimo", "customer_id": "0", "billing_first_name": "Zoé", "billing_last_name": "Martin",
        "billing_email": "zoe@example.org", "billing_address_1": "3 rue des Vignes", "billing_postcode": "33000",
        "billing_city": "Bordeaux", "billing_country": "FR", "shipping_first_name": "Zoé",
        "shipping_last_name": "Martin", "shipping_address_1": "3 rue des Vignes", "shipping_postcode": "33000",
        "shipping_city": "Bordeaux", "shipping_country": "FR",
    }  # fmt: skip
    wine = {"item_id": "9001", "item_product_id": "77", "item_name": "Médoc 2019", "item_sku": "BX-2019-MED",
            "item_quantity": "3", "item_total": "25.00", "item_total_tax": "5.00"}  # fmt: skip
    book = {"item_id": "9002", "item_product_id": "78", "item_name": "Livre", "item_quantity": "1",
            "item_total": "5.05", "item_total_tax": "0.28"}  # fmt: skip
    failed = order | wine | {"order_id": "502", "order_number": "502", "status": "failed"}
    return written(WOOCOMMERCE, [order | wine, order | book, failed])


def _amazon() -> str:
    order = {
        "amazon-order-id": "404-1234567-1234567", "purchase-date": "2026-03-02T08:15:00+00:00",
        "order-status": "Shipped", "fulfillment-channel": "Merchant", "sales-channel": "Amazon.fr",
        "ship-service-level": "Standard", "item-status": "Shipped", "currency": "EUR", "ship-city": "BORDEAUX",
        "ship-postal-code": "33000", "ship-country": "FR",
    }  # fmt: skip
    wine = {"product-name": "Médoc 2019", "sku": "BX-2019-MED", "quantity": "3", "item-price": "60.00",
            "shipping-price": "4.00", "item-promotion-discount": "1.00", "ship-promotion-discount": "4.00"}  # fmt: skip
    glass = {"product-name": "Verre", "sku": "VERRE", "quantity": "1", "item-price": "5.00", "shipping-price": "1.50"}
    gone = {"sku": "VERRE", "quantity": "0", "item-status": "Cancelled"}
    pending = order | {"amazon-order-id": "404-2", "order-status": "Pending", "sku": "VERRE", "quantity": "1"}
    return written(AMAZON, [order | wine, order | gone, pending, order | glass], delimiter="\t")


def _ebay() -> str:
    buyer = {
        "Sales Record Number": "121", "Order Number": "01-14701-30101", "Buyer Username": "combo-buyer",
        "Buyer Name": "Zoé Martin", "Buyer Email": "zoe@example.org", "Buyer Address 1": "3 rue des Vignes",
        "Buyer City": "Bordeaux", "Buyer Zip": "33000", "Buyer Country": "France", "Ship To Name": "Zoé Martin",
        "Ship To Address 1": "3 rue des Vignes", "Ship To City": "Bordeaux", "Ship To Zip": "33000",
        "Ship To Country": "France", "Sale Date": "Mar-02-26", "Payment Method": "Other",
        "Shipping Service": "Colissimo",
    }  # fmt: skip
    head = buyer | {"Quantity": "4", "Sold For": "€35.50", "Shipping And Handling": "€6.60", "Total Price": "€73.10"}
    item = {name: buyer[name] for name in ("Sales Record Number", "Order Number", "Buyer Username", "Sale Date")}
    wine = item | {"Item Number": "406471933275", "Item Title": "Médoc 2019", "Custom Label": "BX-2019-MED",
                   "Quantity": "1", "Sold For": "€20.00", "Transaction ID": "10071"}  # fmt: skip
    glass = item | {"Item Number": "406802886617", "Item Title": "Verre", "Quantity": "3", "Sold For": "€15.50",
                    "Transaction ID": "10072"}  # fmt: skip
    single = buyer | {"Order Number": "16-14679-61003", "Item Number": "405358863537", "Item Title": "Magnum",
                      "Quantity": "1", "Sold For": "AU $3,000.00", "Shipping And Handling": "AU $13.00",
                      "Paid On Date": "Mar-02-26", "Shipped On Date": "Mar-03-26"}  # fmt: skip
    header, *lines = written(EBAY, [head, wine, glass, single]).splitlines(keepends=True)
    blank = "," * (len(EBAY) - 1) + "\r\n"
    return blank + header + blank + "".join(lines) + '2,record(s) downloaded," from Mar-01-26 to Mar-03-26"\r\n'


FILES = {"shopify": _shopify, "woocommerce": _woocommerce, "amazon": _amazon, "ebay": _ebay}
"""A file of each format."""
