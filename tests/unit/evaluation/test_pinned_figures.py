"""docs/evaluation.md is true of the models as they are: what is quick to measure is measured anew.

Where this fails, a model has changed what it finds: run `make eval`, look whether it lost, and say so with the change.
"""

from pathlib import Path

import pytest

from evaluation import tiers
from evaluation.detection import BEGIN, END, nab_lines, small_lines, tier_lines, with_figures

PAGE = Path(__file__).parents[3] / "docs" / "evaluation.md"


def missing(lines: list[str]) -> list[str]:
    written = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line not in written]


def test_the_small_corner_of_the_simulated_tier() -> None:
    """All of it in one piece, below what it is: it is no tier."""
    assert "\n".join(["", *small_lines(), "", END, ""]) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["real_hours", "real_days"])
def test_the_real_events(realdata: Path, name: str) -> None:
    assert missing(tier_lines(getattr(tiers, name)(realdata))) == []


def test_the_benchmark(realdata: Path) -> None:
    assert missing(nab_lines(realdata)) == []


def test_figures_stand_between_their_markers_and_nothing_else_is_touched() -> None:
    page = f"before\n{BEGIN}\n\nold\n\n{END}\nafter\n"
    assert with_figures(page, ["new"]) == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(LookupError, match="between which figures could stand"):
        with_figures("no markers", [])


def test_what_is_put_into_the_background_is_there_and_only_there(realdata: Path) -> None:
    plain, put_in = tiers.with_bursts(realdata, is_injected=False), tiers.with_bursts(realdata)
    assert plain.series.series_ids == put_in.series.series_ids
    added = put_in.series.values - plain.series.values
    wiki = [source == "wiki" for source in put_in.series.sources]
    assert (added[wiki] >= 0).all()
    assert (added[wiki][:, :84] == 0).all()
    assert len(put_in.events) == len({event.series_id for event in put_in.events})
    at = {event.series_id: put_in.series.position(event.at) for event in put_in.events}
    rising = [
        row[at[name] : at[name] + 24].sum() > 0
        for row, name, source in zip(added, put_in.series.entities, put_in.series.sources, strict=True)
        if name in at and source == "wiki"
    ]
    assert all(rising)


@pytest.mark.parametrize("name", ["real_hours", "real_days"])
def test_real_events_lie_within_what_is_judged(realdata: Path, name: str) -> None:
    tier = getattr(tiers, name)(realdata)
    assert tier.events
    positions = [tier.series.position(event.at) for event in tier.events]
    assert min(positions) >= tier.rules.judge_from
    assert max(positions) < tier.series.values.shape[1]
