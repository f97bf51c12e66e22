"""Why an advanced score is what it is, in sentences.

Here: words from the evidence of one row. Not here: any number.
"""

from collections.abc import Mapping
from typing import Any

_SHOWN = ("velocity", "network", "virality", "sentiment", "novelty", "quality")
_CALLED = {"google_trends": "Google Trends", "youtube": "YouTube", "tiktok": "TikTok"}


def sentences(evidence: Mapping[str, Any], boost: float | None, heat: float | None) -> list[str]:
    """The components that are known, the leading platform, the path, a tentpole; where nothing is judged, why."""
    parts, path = evidence["components"], evidence["trajectory"]
    if heat is None:
        return [f"No heat: {evidence['nulls']['velocity']}"]
    known = [f"{name} {parts[name]:.2f}" for name in _SHOWN if parts[name] is not None]
    found = [f"Components, of 1: {', '.join(known)}".replace("-", "−")]
    rising = {name: one["score"] for name, one in evidence["platforms"].items() if (one["score"] or 0.0) > 0.0}
    if rising:
        leading = max(rising, key=lambda name: rising[name])
        found.append(f"{_CALLED.get(leading, leading.capitalize())} leads with {rising[leading]:.1f} of 4")
    found.append(_path(path, evidence["peak_probability"]))
    if boost is not None:
        found.append(f"A tentpole of its own is on: +{boost:g}σ")
    return found


def _path(path: Mapping[str, Any], peak_past: float | None) -> str:
    if path["trend"] is None or peak_past is None:
        return "Stable: no episode is on"
    since = f"{path['hours_since_peak']} h after its highest hour"
    right = f"{path['confidence']:.0%} of such calls were right"
    return f"{path['trend'].capitalize()}, {since}; the peak is past with {peak_past:.0%} ({right})"
