"""Why a score is what it is, in words with numbers that a person can check.

Here: sentences from the evidence of one row. Not here: any arithmetic that decides the score.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from etheatmap_core.scoring.heat import SOURCE_TYPE_COUNT
from etheatmap_core.scoring.velocity import MIN_USUAL_HOURS
from etheatmap_core.wording import times_usual


class MetricEvidence(TypedDict):
    """What one primary metric showed; null where it is not known. Values are means an hour, in the metric's unit."""

    source: str
    metric: str
    observed: float | None
    usual: float | None
    spread: float | None
    z: float | None
    ratio: float | None  # observed / usual; null when the usual is not above zero
    window_hours: int
    usual_window_hours: int
    observed_hours: int
    usual_hours: int
    censored_hours: int  # of the observed ones: the source only said "fewer than"
    weight: float


class SourceTypesEvidence(TypedDict):
    """The source types by name, sorted."""

    available: list[str]
    unavailable: list[str]
    with_evidence: list[str]


class EpisodeEvidence(TypedDict):
    """The current episode; times are ISO 8601 in UTC, null without one."""

    is_open: bool
    started_at: str | None
    peak_at: str | None
    hours_since_peak: float


class Evidence(TypedDict):
    """Column ``evidence`` of a score."""

    metrics: list[MetricEvidence]
    source_types: SourceTypesEvidence
    episode: EpisodeEvidence


class Label(NamedTuple):
    """How people call a metric and its source."""

    values: str  # "Wikipedia views"
    verb: str  # "are"
    source: str  # "Wikipedia"


LABELS = {
    ("wiki", "views"): Label("Wikipedia views", "are", "Wikipedia"),
    ("trends", "interest"): Label("Google Trends interest", "is", "Google Trends"),
    ("reddit", "mention_count"): Label("Reddit mentions", "are", "Reddit"),
    ("youtube", "view_count"): Label("YouTube views", "are", "YouTube"),
    ("news", "headline_count"): Label("news headlines", "are", "news"),
    ("gdelt_gkg", "gkg_mentions"): Label("GDELT news mentions", "are", "GDELT"),
    ("apify_tiktok", "hits"): Label("TikTok hits", "are", "TikTok"),
    ("tt_search", "hits_24h"): Label("TikTok search hits", "are", "TikTok search"),
}


def label(source: str, metric: str) -> Label:
    """The label of a metric; one without a label goes by its own name."""
    return LABELS.get((source, metric)) or Label(f"{source} {metric}", "are", source)


def reasons(evidence: Evidence, decay: float | None) -> list[str]:
    """Sentences for one row: its metrics, the strongest first, then what they cannot show, then spread and decay."""
    metrics = [metric for metric in evidence["metrics"] if metric["weight"] > 0.0]
    strongest_first = sorted(metrics, key=lambda metric: -metric["weight"] * abs(metric["z"] or 0.0))
    known = [metric for metric in strongest_first if metric["z"] is not None and metric["usual"] is not None]
    sentences = [_metric_sentence(metric) for metric in known]
    sentences += _unknown_sentences([metric for metric in strongest_first if metric not in known])
    sentences += [_censored_sentence(metric) for metric in metrics if metric["censored_hours"]]
    sentences.append(spread_sentence(evidence["source_types"]))
    hours = evidence["episode"]["hours_since_peak"]
    return sentences + decay_sentence(hours, decay)


def decay_sentence(hours: float, decay: float | None) -> list[str]:
    """None or one: by how much a peak that is past has faded."""
    return [f"Peak was {hours:.0f} h ago: heat × {decay:.2f}"] if decay is not None and hours > 0.0 else []


def _unknown_sentences(metrics: Sequence[MetricEvidence]) -> list[str]:
    """What has no velocity, and why: too little history, or nothing at all; one sentence for all of each."""
    warming = [metric for metric in metrics if metric["observed"] is not None]
    silent = [label(metric["source"], metric["metric"]).source for metric in metrics if metric["observed"] is None]
    sentences = []
    if warming:
        told = [(label(one["source"], one["metric"]).values, one["usual_hours"]) for one in warming]
        if len(told) == 1:
            [(values, hours)] = told
            sentences.append(f"Warming up: {hours} of {MIN_USUAL_HOURS} hours of history ({values})")
        else:
            named = ", ".join(f"{values} {hours}" for values, hours in told)
            sentences.append(f"Warming up, hours of history of {MIN_USUAL_HOURS}: {named}")
    if silent:
        sentences.append(f"No {', '.join(silent)} data in the last {metrics[0]['window_hours']} h")
    return sentences


def _metric_sentence(metric: MetricEvidence) -> str:
    """Of a metric whose velocity is known."""
    name = label(metric["source"], metric["metric"])
    observed, usual, z = metric["observed"], metric["usual"], metric["z"]
    if observed is None or usual is None or z is None:
        raise ValueError(f"{name.values} have no velocity")
    days, sigmas = _days_known(metric), _sigmas(z)
    subject = f"{metric['window_hours']} h of {name.values} {name.verb}"
    if metric["ratio"] is not None:
        return f"{subject} {times_usual(metric['ratio'])} the usual {days} days, {sigmas}"
    before = "had none" if usual == 0.0 else f"had {_amount(usual)}"
    return f"{subject} {_amount(observed)} on average, the usual {days} days {before}, {sigmas}"


def _days_known(metric: MetricEvidence) -> int:
    """What the usual is taken from, in days: of a young source, or one with gaps, fewer than are looked at."""
    return max(1, round(min(metric["usual_hours"], metric["usual_window_hours"]) / 24))


def _censored_sentence(metric: MetricEvidence) -> str:
    name = label(metric["source"], metric["metric"])
    hours = f"{metric['censored_hours']} of {metric['window_hours']} hours"
    return f"{hours} below what the source shows ({name.values})"


def spread_sentence(types: SourceTypesEvidence) -> str:
    seen, missing = types["with_evidence"], types["unavailable"]
    names = f" ({', '.join(seen)})" if seen else ""
    tail = f"; not collected: {', '.join(missing)}" if missing else ""
    return f"Seen in {len(seen)} of {SOURCE_TYPE_COUNT} source types{names}{tail}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 9.5 else f"{value:.2g}"


def _sigmas(z: float) -> str:
    text = f"{z:+.1f}σ".replace("-", "−")
    return text if text[1:] != "0.0σ" else "0.0σ"
