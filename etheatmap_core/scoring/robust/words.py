"""Why a score of model ``robust`` is what it is, in sentences with numbers that a person can check.

Here: words from the evidence of one row. Not here: any arithmetic that decides the score.
"""

from collections.abc import Mapping
from typing import Any

from etheatmap_core.scoring.mvp import PRIMARY_METRICS
from etheatmap_core.scoring.reasons import decay_sentence, label, spread_sentence
from etheatmap_core.wording import times_usual

_METRICS = {metric.source: metric.name for metric in PRIMARY_METRICS}
_DOUBTS = {
    "mobile_share": "mobile share unlike people's",
    "one_author": "most of it by one author",
    "one_outlet": "most of it by one outlet",
    "one_domain": "most of it by one site",
    "stale_or_broken": "not all of it was answered",
}


def sentences(evidence: Mapping[str, Any], decay: float | None) -> list[str]:
    """The sources, the strongest first, then the odds, then what is missing, then spread and decay."""
    parts = sorted(evidence["sources"].items(), key=lambda part: (-(part[1]["share"] or 0.0), -part[1]["deviation"]))
    told = [_source_sentence(source, part) for source, part in parts]
    if evidence["odds"] is not None:
        told.append(_odds_sentence(evidence))
    if evidence["missing"]:
        told.append("Without " + _listed(evidence["missing"]))
    told.append(spread_sentence(evidence["source_types"]))
    return told + decay_sentence(evidence["episode"]["hours_since_peak"], decay)


def _source_sentence(source: str, part: Mapping[str, Any]) -> str:
    name = label(source, _METRICS[source])
    sentence = f"{part['window']} h of {name.values} {name.verb} {times_usual(part['ratio'])} the usual"
    doubts = [f"{_DOUBTS.get(guard, guard)}: counts {trust:.0%}" for guard, trust in part["guards"].items()]
    return sentence + (f" ({', '.join(doubts)})" if doubts else "")


def _odds_sentence(evidence: Mapping[str, Any]) -> str:
    sentence = f"By chance {evidence['odds']}"
    if evidence["days_as_high"]:
        sentence += f"; as high on {evidence['days_as_high']} of {evidence['past_days']} days before"
    return sentence


def _listed(missing: Mapping[str, str]) -> str:
    """By reason: many sources are often missing for one."""
    by_reason: dict[str, list[str]] = {}
    for source, reason in missing.items():
        by_reason.setdefault(reason, []).append(label(source, _METRICS[source]).source)
    return "; ".join(f"{', '.join(sources)} ({reason})" for reason, sources in by_reason.items())
