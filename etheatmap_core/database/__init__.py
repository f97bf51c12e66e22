"""PostgreSQL: where it is, what shape it has, and how a partition's rows are replaced.

Here: the embedded server, address and engine, migrations (the SQL is in sql/), day partitions, checked replacement.
Not here: what the rows mean (signals, scoring, archive) and the statements that read them.
"""
