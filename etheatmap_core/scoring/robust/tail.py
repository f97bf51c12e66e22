"""From deviations to odds: how often a calm series would show as much, as a power of ten.

Here: the tail and the cut an operator asks for. Not here: where deviations come from (``scan``).
"""

import math

import numpy as np

from etheatmap_core.scoring.series import Grid

_LN_10 = math.log(10.0)


def evidence_of(deviation: Grid) -> Grid:
    """−log₁₀ of the chance of a deviation as large; strictly increasing, without end, so that the top is never tied."""
    return _minus_log10_upper_tail(deviation)


def operating_point(false_alerts_a_day: float, series: int) -> float:
    """The evidence from which ``series`` calm series alarm so often a day, at 24 chances a day each."""
    if not false_alerts_a_day > 0.0 or series < 1:
        raise ValueError(f"{false_alerts_a_day} false alerts a day of {series} series: both must be above 0")
    return math.log10(24.0 * series / false_alerts_a_day)


def _minus_log10_upper_tail(z: Grid) -> Grid:
    """Of the normal distribution. Erfc by Press et al., Numerical Recipes 6.2: relative error below 1.2e-7."""
    x = np.abs(z) / math.sqrt(2.0)
    t = 1.0 / (1.0 + x / 2.0)
    coefficients = (
        0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
        -1.26551223,
    )  # fmt: skip
    series = np.zeros_like(x)
    for coefficient in coefficients:
        series = series * t + coefficient
    log_tail = np.log(t) - x * x + series - math.log(2.0)  # of |z|
    upper = np.where(z >= 0.0, log_tail, np.log1p(-np.exp(np.minimum(log_tail, -math.log(2.0)))))
    return np.asarray(-upper / _LN_10, dtype=np.float64)
