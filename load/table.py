"""The figures as the table that people read, and what of them is not within the limits."""

from collections.abc import Iterator, Sequence

from etheatmap_core.budget.wording import amount
from load.figures import Figures, ProviderDay, SourceDay
from load.memory import Peak

MEMORY_MIB = 4096
_MISSING_NAMED = 3


def table(figures: Figures, peak: Peak, entities: int, seconds: float) -> str:
    """In Markdown, to go into the documentation as it came."""
    lines = [
        f"{figures.hours} simulated hours of {entities} entities in {seconds / 60:.0f} minutes: {figures.runs} runs, "
        f"{sum(figures.failures.values())} failed.",
        "",
        *_rows(
            ("source", "partitions made of due", "whole", "questions answered, deferred", "requests", "most in a "
             "period, limit", "mentions", "cost"),
            (_source(one) for one in figures.sources),
        ),
        "",
        f"Scores: {figures.scored} of {figures.score_hours} hours.",
        "",
        *_rows(
            ("provider", "spent", "planned for these hours", "limit"), (_provider(one) for one in figures.providers)
        ),
        "",
        "Requests as the upstreams counted them: "
        + ", ".join(f"{name} {count:,}" for name, count in figures.upstreams.items() if count)
        + ".",
        "",
        f"Memory at its peak: {peak.pss:,.0f} MiB (PSS; RSS {peak.rss:,.0f} MiB, shared pages counted again in each "
        f"process) in up to {peak.processes} processes: "
        + ", ".join(f"{kind} {size:,.0f}" for kind, size in sorted(peak.by_kind.items(), key=lambda kind: -kind[1]))
        + f"; looked at {peak.looks} times.",
    ]  # fmt: skip
    return "\n".join(lines)


def shortcomings(figures: Figures, peak: Peak) -> list[str]:
    """What makes the run a failure, a sentence each."""
    return list(_shortcomings(figures, peak))


def _shortcomings(figures: Figures, peak: Peak) -> Iterator[str]:
    for source in figures.sources:
        if source.missing:
            told = "; ".join(source.missing[:_MISSING_NAMED])
            yield f"{source.name}: {len(source.missing)} of {source.due} partitions are missing: {told}"
        if source.limit and source.busiest > source.most:
            yield f"{source.name}: {source.busiest:,} requests in one period, by {source.limit} at most {source.most}."
    if figures.scored < figures.score_hours:
        yield f"heat_scores: {figures.score_hours - figures.scored} of {figures.score_hours} hours have no score."
    for provider in figures.providers:
        if provider.is_passed:
            yield f"{provider.provider}: {_provider(provider)[1]} is more than {_provider(provider)[3]}."
        if provider.reserved:
            yield f"{provider.provider}: {amount(provider.reserved, provider.unit)} are still set aside."
    for asset, count in figures.failures.items():
        yield f"{count} runs of {asset} failed."
    if peak.pss >= MEMORY_MIB:
        yield f"All processes held {peak.pss:,.0f} MiB, the aim is below {MEMORY_MIB:,}."


def _source(one: SourceDay) -> tuple[str, ...]:
    return (
        f"`{one.name}`",
        f"{one.made} of {one.due}",
        str(one.whole),
        f"{one.answered:,} of {one.questions:,}" + (f", {one.deferred:,} deferred" if one.deferred else ""),
        f"{one.requests:,}",
        f"{one.busiest:,} of {_limit(one)}" if one.limit else "–",
        f"{one.mentions:,}",
        "–" if one.units is None else amount(one.units, one.unit),
    )


def _limit(one: SourceDay) -> str:
    """With its burst, which a period after a quiet one lets through beside it."""
    told, burst = str(one.limit), one.most - one.limit.requests if one.limit else 0
    return f"{told} + {burst}" if burst else told


def _provider(one: ProviderDay) -> tuple[str, ...]:
    unit = one.unit
    share = f" ({one.spent / one.planned:.0%} of it)" if one.planned else ""
    return (
        one.provider,
        amount(one.spent, unit),
        amount(one.planned, unit) + share,
        f"{amount(one.limit, unit)} a {one.period}",
    )


def _rows(heading: Sequence[str], rows: Iterator[tuple[str, ...]]) -> list[str]:
    return [
        "| " + " | ".join(heading) + " |",
        "|" + "---|" * len(heading),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
