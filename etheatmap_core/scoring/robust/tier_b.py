"""(evidence, share of the alerts at or above it that were true) on tier B; written by ``make eval``.

Here: a table. Not here: what stands between its rows (``precision``).
"""

PRECISION_ON_TIER_B: tuple[tuple[float, float], ...] = (
    (1.0, 0.250),
    (1.5, 0.394),
    (2.0, 0.578),
    (2.5, 0.736),
    (3.0, 0.842),
    (3.5, 0.922),
    (4.0, 0.976),
    (4.5, 0.983),
    (5.0, 0.996),
)
