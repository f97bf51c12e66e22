"""A day of the whole platform in less than an hour: 500 entities, every source, Dagster's own automation. `make load`.

The simulator stands in for every upstream, and one clock for all processes is moved from one tick of the cadences to
the next. What is asked for, when, and what a budget holds back is decided by the product alone. No test: it measures,
prints one table, and ends with an error where a limit was passed, an hour is missing or memory was short.
"""
