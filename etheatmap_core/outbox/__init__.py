"""Messages to people: written down with what they rest on, then sent once each.

Here: the outbox and its delivery. Not here: what a message says (budget, freshness, alerts), which sensor delivers.
"""
