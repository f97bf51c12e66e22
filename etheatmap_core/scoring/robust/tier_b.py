"""(evidence, share of the alerts at or above it that were true) on tier B; written by ``make eval``.

Here: a table. Not here: what stands between its rows (``precision``).
"""

PRECISION_ON_TIER_B: tuple[tuple[float, float], ...] = (
    (1.0, 0.199),
    (1.5, 0.301),
    (2.0, 0.450),
    (2.5, 0.594),
    (3.0, 0.714),
    (3.5, 0.812),
    (4.0, 0.857),
    (4.5, 0.918),
    (5.0, 0.955),
    (5.5, 0.984),
    (6.0, 0.988),
    (6.5, 0.997),
)
