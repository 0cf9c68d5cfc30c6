"""The marketplaces an order may come from: `amazon` (SP-API) and `ebay` (Fulfillment API).

Every parcel is confirmed by one call. Their models are stricter than the vendors' own files, which leave most business
rules out; `tokens` keeps an account's access token, `carriers` translates carrier names.
"""
