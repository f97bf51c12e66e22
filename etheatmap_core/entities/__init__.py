"""Who is tracked: the roster in the database, kept equal to configs/entities.csv.

Here: rows of `entities`. Not here: reading the file (config) and finding names in texts (later: the matcher).
"""
