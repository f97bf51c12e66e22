"""What may be spent, and the books of what is: reserve before a call, settle after it, release what was never sent.

Here: the ledger and what it says of a period. Not here: who calls (the gateway), what holds automation (sensors).
"""
