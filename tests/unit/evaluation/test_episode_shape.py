"""Real hours say what the constants of the episode's shape say, on pages that these were not fitted on."""

from pathlib import Path

import pytest

from etheatmap_core.scoring.advanced.shape import HALF_LIFE_HOURS, PAST_ODDS, RIGHT, TRENDS
from evaluation.episodes import BEGIN, END, PAGE, fit, lines_of, past_of, phases, real_days, real_hours, steps_of


def test_real_hours_say_what_the_constants_say(realdata: Path) -> None:
    real = real_hours(realdata)
    fitted, unseen = fit(steps_of(real, is_held_out=False)), steps_of(real, is_held_out=True)
    assert fitted.odds == pytest.approx(PAST_ODDS, rel=0.35)
    assert fitted.half_life == pytest.approx(HALF_LIFE_HOURS, rel=0.35)
    assert fitted.error_halving < fitted.error_power
    chance, truth = past_of(unseen.since_peak, PAST_ODDS), unseen.is_past
    assert ((chance - truth) ** 2).mean() < 0.7 * truth.mean() * (1 - truth.mean()), "far below the base rate's"
    said, true = phases(chance >= 0.5, unseen, real.peaking), phases(truth, unseen, real.peaking)
    for place in (1, 2, 3):
        is_said = said == place
        assert (said[is_said] == true[is_said]).mean() == pytest.approx(RIGHT[TRENDS[place]], abs=0.08)


def test_by_days_too_every_figure_of_the_page_can_be_had(realdata: Path) -> None:
    real = real_days(realdata)
    told = lines_of(real, fit(steps_of(real, is_held_out=False)), is_product=False)
    figures = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].split(f"| {real.title}: ")[1]
    rows = [line for line in figures.splitlines()[1:] if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in told] == [line.split(" | ")[0] for line in rows]
