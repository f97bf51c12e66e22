"""What people are told, and that they are told it once."""

from dataclasses import replace
from datetime import UTC, datetime

from etheatmap_core.budget.gate import judge
from etheatmap_core.budget.messages import due_messages
from etheatmap_core.budget.model import TOTAL, Standing

DAY = Standing(
    "newsapi", "requests", "day", 500, 0, 0, datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
)


class Told:
    """The messages so far, by key, as the outbox keeps them over restarts."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def see(self, standing: Standing, wanted: int = 1) -> list[str]:
        due = list(due_messages(standing, judge(standing, wanted), wanted, self.keys, soft_share=0.95))
        self.keys += [message.key for message in due]
        return [message.text for message in due]


def test_one_at_eighty_one_at_a_hundred_one_when_it_is_over() -> None:
    told = Told()
    assert told.see(replace(DAY, spent_units=399)) == []
    assert told.see(replace(DAY, spent_units=400)) == [
        ":money_with_wings: Budget nearing limits: newsapi: 400 of 500 requests used (80%), next period 2026-11-25. "
        "From 95% on automation keeps the last answers."
    ]
    assert told.see(replace(DAY, spent_units=450)) == []
    assert told.see(replace(DAY, spent_units=500)) == [
        ":money_with_wings: Budget nearing limits: newsapi: 500 of 500 requests used: nothing more is asked by itself. "
        "It goes on by itself at the next period, 2026-11-25."
    ]
    assert told.see(replace(DAY, spent_units=500)) == []
    tomorrow = replace(DAY, period_start=DAY.period_end, period_end=datetime(2026, 11, 26, tzinfo=UTC))
    assert told.see(tomorrow) == [
        ":white_check_mark: Budget over its limit no more: newsapi: 0 of 500 requests used, until 2026-11-26. "
        "It is asked again."
    ]
    assert told.see(tomorrow) == []
    assert len(told.see(replace(tomorrow, spent_units=480))) == 1


def test_a_jump_past_both_is_one_message() -> None:
    told = Told()
    assert len(told.see(replace(DAY, spent_units=500))) == 1
    assert told.see(replace(DAY, spent_units=500)) == []


def test_what_is_only_set_aside_is_no_news() -> None:
    assert Told().see(replace(DAY, reserved_units=500)) == []


def test_a_raised_limit_is_over_and_may_be_reached_again() -> None:
    told = Told()
    told.see(replace(DAY, spent_units=500))
    raised = replace(DAY, spent_units=500, limit_units=1000)
    assert [text.partition(":")[2].partition(":")[0] for text in told.see(raised)] == ["white_check_mark"]
    assert len(told.see(replace(raised, spent_units=1000))) == 1


def test_an_overrun_is_told_with_its_reason_and_the_way_out() -> None:
    told = Told()
    (text,) = told.see(replace(DAY, spent_units=12, closed_reason="a call of newsapi cost 12 requests"))
    assert "closed because a call of newsapi cost 12 requests" in text
    assert "etheatmap budget --reopen newsapi" in text
    assert len(told.see(replace(DAY, spent_units=12))) == 1, "and that it is open again"


def test_a_limit_of_nothing_is_no_news() -> None:
    assert Told().see(replace(DAY, limit_units=0)) == []


def test_a_second_overrun_in_one_period_is_told_too() -> None:
    told = Told()
    first = replace(DAY, closed_reason="a call cost 12", closed_at=datetime(2026, 11, 24, 10, tzinfo=UTC))
    assert len(told.see(first)) == 1
    assert told.see(first) == []
    assert len(told.see(DAY)) == 1, "it is open again"
    assert len(told.see(replace(first, closed_at=datetime(2026, 11, 24, 15, tzinfo=UTC)))) == 1


def test_however_often_it_was_held_its_end_is_told_once() -> None:
    told = Told()
    told.see(replace(DAY, closed_reason="a call cost 12", closed_at=datetime(2026, 11, 24, 10, tzinfo=UTC)))
    told.see(replace(DAY, spent_units=500))
    tomorrow = replace(DAY, period_start=DAY.period_end, period_end=datetime(2026, 11, 26, tzinfo=UTC))
    assert len(told.see(tomorrow)) == 1
    assert told.see(tomorrow) == []


def test_a_lost_call_that_is_found_opens_again_and_nears_no_limit_that_was_reached() -> None:
    told = Told()
    told.see(replace(DAY, spent_units=500))
    (text,) = told.see(replace(DAY, spent_units=490))
    assert text.startswith(":white_check_mark:")
    assert told.see(replace(DAY, spent_units=490)) == []


def test_the_total_says_what_it_holds() -> None:
    total = replace(DAY, provider=TOTAL, unit="usd_micros", limit_units=132_000_000, spent_units=132_000_000)
    (text,) = Told().see(total)
    assert "total: $132.00 of $132.00 used: nothing more that is paid in dollars is asked by itself" in text
