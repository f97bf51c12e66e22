"""The verdict on a source: which state comes first, what is said of it, and whom it asks to act."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etheatmap_core.cadence import CADENCES
from etheatmap_core.errors import DisabledError, EtHeatmapError, NoCredentialsError, SourceState
from etheatmap_core.signals.known_sources import KnownSource
from etheatmap_core.signals.source_status import (
    NEVER_RUN,
    SourceFacts,
    SourceStatus,
    Standing,
    by_standing,
    judge,
    next_due,
    source_statuses,
)

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 15, 25, tzinfo=UTC)
NEWEST = datetime(2026, 11, 20, 14, tzinfo=UTC)
OFF = DisabledError("reddit is switched off: set enabled: true for it in sources.yml.")
KEYLESS = NoCredentialsError("reddit needs REDDIT_CLIENT_ID: set them in .env.")


def source(refused: EtHeatmapError | None = None, name: str = "reddit", **changes: Any) -> KnownSource:
    """An hourly source: late after 2 h, stale after 6 h."""
    values: dict[str, Any] = {
        "name": name,
        "title": name.title(),
        "type": "social",
        "description": "posts",
        "switch": f"sources.yml: {name}",
        "credentials": (),
        "refused": refused,
        "cadence": CADENCES["reddit"],
        "interval": HOUR,
    }
    return KnownSource(**{**values, **changes})


def tried(state: str, hour: datetime = NEWEST, reason: str | None = "why") -> dict[str, Any]:
    return {"tried_hour": hour, "tried_state": state, "tried_reason": reason, "tried_at": hour + HOUR}


def made(hour: datetime = NEWEST, state: str = "ok", **changes: Any) -> dict[str, Any]:
    """The newest made hour; where nothing newer was tried."""
    counts = {"is_complete": True, "questions": 4, "answered": 4, "deferred": 0}
    return {**tried(state, hour, None), "made_hour": hour, "made_state": state, "made_at": hour + HOUR, **counts,
            **changes}  # fmt: skip


OPEN = {"circuit_open_until": NOW + 5 * timedelta(minutes=1), "consecutive_errors": 5, "last_error": "refused"}


def verdict(refused: EtHeatmapError | None = None, **facts: Any) -> SourceStatus:
    return judge(source(refused), SourceFacts("reddit", **facts), NOW)


FAILED = tried("failed")
OLD = NEWEST - 6 * HOUR

# Each line holds everything of the lines below it too: the first that is true is the state.
PRECEDENCE = [
    ("switched off", SourceState.DISABLED, {"refused": OFF, **made(OLD), **FAILED, **OPEN}),
    ("no credentials", SourceState.NO_CREDENTIALS, {"refused": KEYLESS, **made(OLD), **FAILED, **OPEN}),
    ("circuit open", SourceState.CIRCUIT_OPEN, {**made(OLD), **FAILED, **OPEN}),
    ("the newest hour failed", SourceState.FAILED, {**made(OLD), **FAILED}),
    ("the newest hour was limited", SourceState.RATE_LIMITED, {**made(OLD), **tried("rate limited")}),
    ("the newest hour was put off", SourceState.DEFERRED, {**made(OLD), **tried("deferred")}),
    ("the newest hour had no money", SourceState.OUT_OF_BUDGET, {**made(OLD), **tried("out of budget")}),
    ("the newest hour is not there yet", SourceState.NOT_PUBLISHED, {**made(OLD), **tried("not published")}),
    ("the newest hour met an open circuit", SourceState.CIRCUIT_OPEN, {**made(OLD), **tried("circuit open")}),
    ("stale", SourceState.STALE, {**made(OLD)}),
    ("nothing was ever made", NEVER_RUN, {}),
    ("empty", SourceState.EMPTY, {**made(state="empty")}),
    ("ok", SourceState.OK, {**made()}),
]


@pytest.mark.parametrize(("case", "state", "facts"), PRECEDENCE, ids=[line[0] for line in PRECEDENCE])
def test_the_first_that_holds_is_the_state(case: str, state: str, facts: dict[str, Any]) -> None:
    assert verdict(**facts).state == state


def test_every_state_has_a_line_and_a_standing() -> None:
    assert {state for _, state, _ in PRECEDENCE} == {*SourceState, NEVER_RUN}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"refused": OFF}, "reddit is switched off: set enabled: true for it in sources.yml."),
        ({"refused": KEYLESS}, "reddit needs REDDIT_CLIENT_ID: set them in .env."),
        (OPEN, "Nobody asks it until 2026-11-20 15:30 UTC: 5 errors in a row, the last: refused"),
        ({**made(OLD), **FAILED}, "why"),
        ({**made(OLD), **tried("failed", OLD - HOUR)},
         "why That was of 2026-11-20 07:00 UTC; nothing has been tried since."),
        (tried("failed", reason=None), "The hour 2026-11-20 14:00 UTC was not made, and it is not recorded why."),
        (made(OLD),
         "The newest ended at 2026-11-20 09:00 UTC; one is due every hour, and it is stale after 6 h."),
        ({}, "No hour of it has been made yet; one is due every hour."),
        (made(state="empty"), "It was asked and had nothing to tell."),
        (made(), None),
        (made(made_reason="1 of 4 questions not answered: r/all: gone", is_complete=False),
         "1 of 4 questions not answered: r/all: gone"),
        (made(NEWEST - 2 * HOUR),
         "The newest ended at 2026-11-20 13:00 UTC; one is due every hour, and it is stale after 6 h."),
    ],
)  # fmt: skip
def test_the_reason_is_a_sentence(facts: dict[str, Any], reason: str | None) -> None:
    assert verdict(**facts).reason == reason


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        (made(), Standing.HEALTHY),
        (made(state="empty"), Standing.HEALTHY),
        (made(deferred=3), Standing.HEALTHY),  # whose turn it was not: as the limits want it
        (made(is_complete=False, answered=1, deferred=3), Standing.HEALTHY),
        (made(is_complete=False, answered=1, deferred=2), Standing.WARNING),
        (made(is_complete=False, answered=3), Standing.WARNING),
        (made(NEWEST - 2 * HOUR), Standing.WARNING),  # late
        (made(OLD), Standing.FAILING),
        ({**made(NEWEST - HOUR), **tried("not published")}, Standing.HEALTHY),
        ({**made(NEWEST - 2 * HOUR), **tried("not published")}, Standing.WARNING),
        (tried("not published"), Standing.WARNING),  # and never anything else
        ({**made(NEWEST - HOUR), **tried("deferred")}, Standing.WARNING),
        ({**made(NEWEST - HOUR), **tried("rate limited")}, Standing.WARNING),
        ({**made(NEWEST - HOUR), **tried("out of budget")}, Standing.WARNING),
        ({**made(OLD), **tried("out of budget")}, Standing.WARNING),  # the budget has told
        ({**made(OLD), **tried("out of budget", NEWEST - 2 * HOUR)}, Standing.FAILING),  # nobody has tried since
        ({**made(OLD), **tried("not published")}, Standing.WARNING),
        ({**made(NEWEST - 25 * HOUR), **tried("not published")}, Standing.FAILING),  # that is lost
        ({**made(OLD), **tried("not published"), **OPEN}, Standing.FAILING),
        ({**made(NEWEST - HOUR), **tried("failed")}, Standing.FAILING),
        (OPEN, Standing.FAILING),
        ({"refused": KEYLESS, **made(OLD)}, Standing.WARNING),
        ({"refused": OFF, **made(OLD)}, Standing.NEVER_RUN),
        ({}, Standing.NEVER_RUN),
    ],
)
def test_what_a_state_asks_of_the_operator(facts: dict[str, Any], standing: Standing) -> None:
    assert verdict(**facts).standing is standing


def test_a_circuit_whose_pause_is_over_is_not_open() -> None:
    status = verdict(**made(), circuit_open_until=NOW, consecutive_errors=5, last_error="refused")
    assert (status.state, status.is_circuit_open) == (SourceState.OK, False)


def test_the_age_is_that_of_the_end_of_the_newest_made_hour() -> None:
    status = verdict(**{**made(NEWEST - HOUR), **FAILED})
    assert (status.newest_hour, status.age) == (NEWEST - HOUR, 85 * timedelta(minutes=1))
    assert verdict().age is None


def test_a_day_is_no_older_than_since_its_end() -> None:
    daily = source(cadence=CADENCES["entity_roster"], interval=24 * HOUR, partition=24 * HOUR)
    yesterday = datetime(2026, 11, 19, tzinfo=UTC)
    status = judge(daily, SourceFacts("entity_roster", **made(yesterday)), NOW)
    assert (status.state, status.standing) == (SourceState.OK, Standing.HEALTHY)
    assert status.age == timedelta(hours=15, minutes=25)
    before = judge(daily, SourceFacts("entity_roster", **made(yesterday - 48 * HOUR)), NOW)
    assert before.state == SourceState.STALE


def test_a_source_that_records_no_hours_is_judged_by_its_captures_and_its_errors() -> None:
    captured = {"made_hour": NEWEST, "made_at": NEWEST + HOUR}
    status = verdict(**captured)
    assert (status.state, status.reason, status.coverage, status.last_ok) == ("ok", None, None, NEWEST + HOUR)
    assert verdict(**{**captured, "made_hour": OLD}).state == SourceState.STALE
    status = verdict(**captured, consecutive_errors=1, last_error="dumps.wikimedia.org cannot be reached")
    assert (status.state, status.reason) == ("failed", "dumps.wikimedia.org cannot be reached")


@pytest.mark.parametrize(
    ("questions", "answered", "coverage"), [(4, 3, 0.75), (4, 0, 0.0), (0, 0, None), (None, None, None)]
)
def test_coverage_is_a_share_of_something(questions: int | None, answered: int | None, coverage: float | None) -> None:
    assert verdict(**made(questions=questions, answered=answered)).coverage == coverage


def test_a_source_nobody_knows_anything_of_is_listed_all_the_same() -> None:
    statuses = source_statuses([source(name="wiki"), source()], [SourceFacts("reddit", **made())], NOW)
    assert [(status.source.name, status.state) for status in statuses] == [("wiki", NEVER_RUN), ("reddit", "ok")]


def test_lists_begin_with_what_asks_for_a_person() -> None:
    facts = {
        "healthy": made(),
        "off": {},
        "late": made(NEWEST - 2 * HOUR),
        "failing": FAILED,
        "healthy too": made(),
    }
    statuses = [judge(source(name=name), SourceFacts(name, **row), NOW) for name, row in facts.items()]
    assert [status.source.name for status in by_standing(statuses)] == [
        "failing", "late", "off", "healthy", "healthy too",
    ]  # fmt: skip


class TestOnlyByHand:
    """``cadence: manual``: nobody waits for it."""

    BY_HAND = source(cadence=None, interval=None, is_manual=True)

    def test_never_requested_it_says_how_it_is(self) -> None:
        status = judge(self.BY_HAND, SourceFacts("reddit"), NOW)
        assert (status.state, status.standing) == (NEVER_RUN, Standing.NEVER_RUN)
        assert status.reason == "It is only requested by hand, and has never been: etheatmap run reddit."

    @pytest.mark.parametrize("days", [0, 1, 400])
    def test_it_is_never_stale_nor_late_nor_due(self, days: int) -> None:
        status = judge(self.BY_HAND, SourceFacts("reddit", **made(NEWEST - days * 24 * HOUR)), NOW)
        assert (status.state, status.standing, status.reason) == ("ok", Standing.HEALTHY, None)
        assert next_due(status, NOW) is None
