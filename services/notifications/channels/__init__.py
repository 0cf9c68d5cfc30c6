"""The ways out of the house to people: `mail` (SMTP) and `sms` (Twilio's HTTP API).

`letters` makes a mail of a payload, `texts` renders what sellers wrote, `web` is the HTTP client that the marketplaces
use too. A channel keeps no state of its own: what happened is a `Result`, which the worker writes down.
"""
