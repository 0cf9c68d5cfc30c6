"""What the Amazon-shaped sandbox refuses, written from the published facts of the Selling Partner API."""

from jsonschema import Draft202012Validator

TEXT = {"type": "string"}
CONFIRMATION = Draft202012Validator(
    {
        "type": "object",
        "required": ["marketplaceId", "packageDetail"],
        "properties": {
            "marketplaceId": TEXT,
            "codCollectionMethod": {"enum": ["DirectPayment"]},
            "packageDetail": {
                "type": "object",
                "required": ["packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems"],
                "properties": {
                    "packageReferenceId": {"type": "string", "pattern": r"^[1-9][0-9]*$"},
                    "carrierCode": TEXT,
                    "carrierName": TEXT,
                    "shippingMethod": TEXT,
                    "trackingNumber": TEXT,
                    "shipDate": {
                        "type": "string",
                        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
                    },
                    "shipFromSupplySourceId": TEXT,
                    "orderItems": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["orderItemId", "quantity"],
                            "properties": {
                                "orderItemId": TEXT,
                                "quantity": {"type": "integer"},
                                "transparencyCodes": {"type": "array", "items": TEXT},
                            },
                        },
                    },
                },
                "if": {"properties": {"carrierCode": {"const": "Other"}}},
                "then": {"required": ["carrierName"]},
            },
        },
    }
)
PATCH = Draft202012Validator(
    {
        "type": "object",
        "required": ["productType", "patches"],
        "properties": {
            "productType": {"type": "string", "minLength": 1},
            "patches": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["op", "path"],
                    "properties": {
                        "op": {"enum": ["add", "replace", "merge", "delete"]},
                        "path": {"type": "string", "pattern": "^/attributes/"},
                        "value": {"type": "array", "items": {"type": "object"}},
                    },
                },
            },
        },
    }
)
FEED = Draft202012Validator(
    {
        "type": "object",
        "required": ["feedType", "marketplaceIds", "inputFeedDocumentId"],
        "properties": {
            "feedType": TEXT,
            "marketplaceIds": {"type": "array", "minItems": 1, "maxItems": 25, "items": TEXT},
            "inputFeedDocumentId": TEXT,
        },
    }
)
