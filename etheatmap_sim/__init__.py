"""A local stand-in for the upstreams: serves their protocols from one labelled, seeded scenario, with faults on demand.

Here: the scenario (who is looked at when, and why), one module an upstream that speaks its format, the fault layer.
Not here: anything of the product; this package imports no other of ours, and the product does not know it.
"""
