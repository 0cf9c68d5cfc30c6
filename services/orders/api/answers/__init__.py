"""What the routes of orders answer, a module a subject: models for the OpenAPI document, which the tests hold true.

`shared.web.answers` has what they are made of. The documents themselves are made by `queries`.
"""
