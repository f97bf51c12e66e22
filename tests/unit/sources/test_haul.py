"""What an hour is told as by what came and what did not; and how far the plan of a partition reaches."""

from collections.abc import Sequence

import pytest

from etheatmap_assets.sources.haul import Haul, outcome_of, why_nothing
from etheatmap_assets.sources.source import Parsed, Question
from etheatmap_assets.sources.spending import within_plan
from etheatmap_core.budget.model import SourceUse
from etheatmap_core.errors import (
    BudgetExhaustedError,
    DeferredError,
    EtHeatmapError,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)
from etheatmap_core.signals.items import Item

ITEM = Item("1", "front", "https://a.example/1", "A title")
FRONT, NOTHING = Parsed(links=["https://a.example/1"]), Parsed()


def haul(*parsed: Parsed, errors: Sequence[EtHeatmapError] = (), deferred: int = 0) -> Haul:
    deferral = DeferredError("the rest waits.") if deferred else None
    return Haul(
        parsed=list(parsed), errors=[(Question("q", ""), error) for error in errors], deferral=deferral,
        questions=len(parsed) + len(errors) + deferred, deferred=deferred,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "state", "is_complete"),
    [
        (haul(FRONT, Parsed([ITEM])), "ok", True),
        (haul(NOTHING), "empty", True),
        (haul(FRONT), "empty", True),  # it leads to what was read in other hours: nothing new
        (haul(FRONT, errors=[UpstreamUnreachableError("down")]), "ok", False),
        (haul(FRONT, errors=[UpstreamRefusedError("gone", 404)]), "ok", True),
        (haul(FRONT, deferred=2), "ok", True),
        (haul(FRONT, Parsed(lacks="a page could not be read")), "ok", True),
    ],
)
def test_only_where_all_was_read_and_nothing_found_there_was_nothing(
    found: Haul, state: str, *, is_complete: bool
) -> None:
    outcome = outcome_of(found, None)
    assert (outcome.state, outcome.is_complete) == (state, is_complete)


def test_what_is_missing_lacking_and_deferred_stands_in_one_reason() -> None:
    lacking = [Parsed([ITEM], lacks=f"page {number} could not be read") for number in range(5)]
    found = outcome_of(haul(*lacking, errors=[UpstreamUnreachableError("down")], deferred=3), "A remark.")
    assert found.reason == (
        "1 of 9 questions not answered: q: down 3 of 9 questions deferred: the rest waits. page 0 could not be read; "
        "page 1 could not be read; page 2 could not be read; and 2 answers more. A remark."
    )


OUT, DOWN, GONE = BudgetExhaustedError("used up"), UpstreamUnreachableError("down"), UpstreamRefusedError("gone", 404)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (haul(errors=[DOWN, OUT]), "down"),
        (
            haul(errors=[GONE, OUT, DOWN]),
            "used up",
        ),  # of a past hour the headlines are gone, whatever else is the matter
        (haul(errors=[GONE], deferred=2), "the rest waits."),
        (haul(errors=[GONE, GONE]), "gone"),
        (haul(), "s has nothing to ask: track somebody in entities.csv."),
    ],
)
def test_an_hour_without_an_answer_is_called_by_what_may_pass(found: Haul, told: str) -> None:
    assert str(why_nothing("s", found)) == told


def questions(*units: int | None) -> list[Question]:
    return [Question(f"q{number}", "", units=cost) for number, cost in enumerate(units)]


def test_a_partition_s_plan_is_one_for_all_that_is_asked_in_it() -> None:
    use = SourceUse("scraperapi", 10, 2)
    first, why, planned = within_plan("s", use, questions(1, 1, None))
    assert (len(first), why, planned) == (3, None, 4)
    then, why, planned = within_plan("s", use, questions(5, 1, 1), planned)
    assert (len(then), planned) == (2, 10)
    assert str(why) == "budgets.yml plans 10 units of scraperapi for one hour of s: the rest waits for the next one."
    assert within_plan("s", use, questions(1), planned)[0] == []


def test_a_source_that_is_free_has_no_plan_to_keep() -> None:
    asked = questions(None, None)
    assert within_plan("s", None, asked) == (asked, None, 0)
