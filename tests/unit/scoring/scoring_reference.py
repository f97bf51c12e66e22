"""The formula of model mvp once more, slow and straight from its published text: the oracle of the tests.

One entity at a time, plain lists, None for a gap. It shares no code with the product.
"""

import math
from collections.abc import Mapping, Sequence

Values = Sequence[float | None]


def velocity_z(values: Values, t: int, kind: str) -> float | None:
    observed = [x for x in values[t - 11 : t + 1] if x is not None]
    usual = [x for x in values[t - 179 : t - 11] if x is not None]
    if not observed or len(usual) < 72:
        return None
    mean = math.fsum(usual) / len(usual)
    sd = math.sqrt(math.fsum((x - mean) ** 2 for x in usual) / len(usual))
    floor = math.sqrt(max(mean, 1.0)) if kind == "count" else 0.5
    return (math.fsum(observed) / len(observed) - mean) / max(sd, floor)


def velocity_raw(
    series: Mapping[str, Values], kinds: Mapping[str, str], weights: Mapping[str, float], t: int
) -> float | None:
    known = {name: z for name in series if (z := velocity_z(series[name], t, kinds[name])) is not None}
    total = sum(weights[name] for name in known)
    return sum(weights[name] * z for name, z in known.items()) / total if total else None


def episode(velocities: Sequence[float | None], t: int) -> tuple[int, int] | None:
    """(hours since its start, hours since its peak) of the episode that hour t is in, seen from the last 168 hours."""
    hot = [age for age in range(169) if (v := velocities[t - age]) is not None and v >= 2.5]
    members: list[int] = []
    for age in hot:
        quiet_hours = age - members[-1] - 1 if members else age
        if quiet_hours > 6:
            break
        members.append(age)
    if not members:
        return None
    return members[-1], max(members, key=lambda age: (velocities[t - age], -age))


def affect(sums: Values, counts: Values, t: int) -> float:
    """Strength of the mean feeling of the mentions in the last 24 hours, from three mentions on."""
    mentions = math.fsum(x for x in counts[t - 23 : t + 1] if x is not None)
    feeling = math.fsum(x for x in sums[t - 23 : t + 1] if x is not None)
    return min(abs(feeling / mentions), 1.0) if mentions >= 3 else 0.0


def heat(velocity: float, spread: float, affect: float, hours_since_peak: float) -> float:
    clipped = min(4.0, max(-4.0, velocity))
    return (0.5 * clipped + 0.3 * spread + 0.2 * affect) * math.exp(-hours_since_peak / 24)
