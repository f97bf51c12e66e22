"""Random numbers that depend only on what they are for (seed, purpose, hour), never on what was drawn before."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class Purpose(IntEnum):
    """One stream each, so that a change in one leaves the others' numbers as they were. Values are part of the data."""

    ENTITIES = 1
    SCRIPT = 2
    PAGES = 3
    ENTITY_VIEWS = 4
    PAGE_VIEWS = 5
    COVERAGE = 6
    SPIKES = 7
    UNLISTED = 8
    REDDIT_ITEMS = 9
    TRADE_ITEMS = 10
    NEWS_ITEMS = 11
    GDELT_ITEMS = 12
    SEARCHES = 13
    DAILY_VIEWS = 14
    VIDEOS = 15
    UNLISTED_VIEWS = 16


def stream(seed: int, purpose: Purpose, hour: int = 0) -> np.random.Generator:
    """Counter-based (Philox), hence cheap to open at any hour in any order; ``hour``: hours since 1970."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, purpose << 32 | hour], dtype=np.uint64)))


def hash_of(text: str) -> int:
    """Of 64 bits, the same in every process, unlike ``hash``."""
    value = 14_695_981_039_346_656_037  # FNV-1a, 64 bits
    for byte in text.encode():
        value = (value ^ byte) * 1_099_511_628_211 % 2**64
    return value
