"""The model ``robust``: how unusual an hour is for its own series, by medians and counts rather than means.

Here: pure arithmetic on arrays; every value of an hour comes of that hour and those before it. Not here: the
database, assets, the frozen model (``mvp``).
"""

from etheatmap_core.scoring.robust.evidence import entity_evidence, evidence
from etheatmap_core.scoring.robust.tail import operating_point

__all__ = ["entity_evidence", "evidence", "operating_point"]
