"""How people are told of alerts: to whom, when, by which way, and what came of it.

`posting` writes down who is to be told (a `Delivery` each), `sending` sends what is due, `telling`
does both; `carrying` is the one way out, by mail or by a channel.
"""
