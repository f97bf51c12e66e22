"""From a score back to the bytes it rests on: row, signals, captures, the very line, and the receipts.

Here: reading and wording one row's explanation; nothing is computed anew and nothing is changed. Not here: how a score
comes about (``scoring``), the command and the route that show it.
"""
