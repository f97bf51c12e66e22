"""What heat is: from hourly signals to one explained score an entity and hour, a module a term, a module a model.

Here: pure functions on arrays of hours × entities, and `store`, the one module that reads and writes the database.
Not here: collecting signals (signals), the gates that turn scores into alerts (alerts), Dagster assets.
"""
