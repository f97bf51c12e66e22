"""Measured figures, each beside a floor of the same run where one exists. `make bench` prints the table.

Machines are noisy: read ratios, not seconds. Nothing here is a test, and no test times anything.
"""
