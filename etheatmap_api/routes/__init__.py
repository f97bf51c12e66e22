"""One file a resource: what is asked, what is read, what is answered.

Here: paths, parameters and defaults of the contract.
Not here: SQL (``queries.py``), JSON shapes (``shapes.py``), what the page says (``dashboard.py``).
"""
