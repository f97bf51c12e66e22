"""Whether each asset's newest due partition is there, and what people are told when one is not.

Here: verdicts and incidents, from facts. Not here: where the facts come from (Dagster's log), who asks (the sensor).
"""
