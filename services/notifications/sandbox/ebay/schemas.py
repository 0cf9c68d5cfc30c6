"""What the eBay-shaped sandbox refuses, and with which codes: written from eBay's published documentation."""

from jsonschema import Draft202012Validator

TEXT = {"type": "string"}
FULFILLMENT = Draft202012Validator(
    {
        "type": "object",
        "required": ["lineItems"],
        "properties": {
            "lineItems": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["lineItemId"],
                    "properties": {"lineItemId": TEXT, "quantity": {"type": "integer", "minimum": 1}},
                },
            },
            "shippedDate": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
            "shippingCarrierCode": TEXT,
            "trackingNumber": {"type": "string", "pattern": "^[0-9A-Za-z]+$"},
        },
        "dependentRequired": {"trackingNumber": ["shippingCarrierCode"], "shippingCarrierCode": ["trackingNumber"]},
    }
)
MONEY = {
    "type": "object",
    "required": ["value", "currency"],
    "properties": {"value": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, "currency": TEXT},
}
UNITS = {"type": "integer", "minimum": 0}
QUANTITIES = Draft202012Validator(
    {
        "type": "object",
        "required": ["requests"],
        "properties": {
            "requests": {
                "type": "array",
                "minItems": 1,
                "maxItems": 25,
                "items": {
                    "type": "object",
                    "required": ["sku"],
                    "properties": {
                        "sku": {"type": "string", "minLength": 1, "maxLength": 50},
                        "shipToLocationAvailability": {"type": "object", "properties": {"quantity": UNITS}},
                        "offers": {
                            "type": "array",
                            "maxItems": 25,
                            "items": {
                                "type": "object",
                                "required": ["offerId"],
                                "properties": {"offerId": TEXT, "availableQuantity": UNITS, "price": MONEY},
                            },
                        },
                    },
                },
            }
        },
    }
)
REFUND = Draft202012Validator(
    {
        "type": "object",
        "required": ["reasonForRefund"],
        "oneOf": [{"required": ["refundItems"]}, {"required": ["orderLevelRefundAmount"]}],
        "properties": {
            "reasonForRefund": TEXT,
            "orderLevelRefundAmount": MONEY,
            "refundItems": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["lineItemId", "refundAmount"],
                    "properties": {"lineItemId": TEXT, "refundAmount": MONEY},
                },
            },
        },
    }
)
UNKNOWN_ITEM = 32200
CODES = {"shippedDate": 32500, "trackingNumber": 32300, "shippingCarrierCode": 32300, "lineItems": UNKNOWN_ITEM}
INVALID_INPUT = 32600
DUPLICATE_ITEM = 32210
EXISTS = 34500
