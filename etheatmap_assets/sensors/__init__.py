"""What looks at the tables every half minute: budgets, freshness, messages on their way. One SQL question a tick.

Here: sensors, each a thin shell around a verdict of the core. Not here: what asks for assets (automation).
"""
