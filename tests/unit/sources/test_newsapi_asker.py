"""NewsAPI's refusals by its own codes, and what they mean for the questions that are left; searches read on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, urlsplit

import pytest
from newsapi_answers import HOUR, article, full_page, page, parsed, refused
from scripted_gateway import Reply, ScriptedGateway

from etheatmap_assets.resources.http import Call, Refused
from etheatmap_assets.sources.newsapi import SOURCE, open_asker, questions, refusal
from etheatmap_assets.sources.source import Ask, Plan
from etheatmap_core.archive import Received
from etheatmap_core.budget.ledger import Ledger
from etheatmap_core.config import load_config
from etheatmap_core.entities.priority import Tracked
from etheatmap_core.errors import (
    BudgetExhaustedError,
    EtHeatmapError,
    RateLimitedError,
    SourceState,
    UpstreamRefusedError,
    UpstreamUnreachableError,
)
from etheatmap_core.settings import Settings

CONFIG = load_config(Path(__file__).parents[3] / "configs")
NEWEST = HOUR + timedelta(minutes=59)
DATE = "Fri, 20 Nov 2026 15:05:00 GMT"


def told(
    code: str, status: int, headers: Mapping[str, str] | None = None, message: str = "In words."
) -> EtHeatmapError:
    shown = "https://newsapi.org/v2/everything"
    error = refusal(Refused(status, headers or {}, refused(code, message), shown))
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("code", "status", "words", "state"),
    [
        ("apiKeyInvalid", 401, r"does not know our key \(apiKeyInvalid\): check NEWS_API_KEY", SourceState.FAILED),
        (
            "apiKeyMissing",
            401,
            r"got no key with our request \(apiKeyMissing\): check NEWS_API_KEY",
            SourceState.FAILED,
        ),
        ("apiKeyDisabled", 401, r"has disabled our key \(apiKeyDisabled\): check NEWS_API_KEY", SourceState.FAILED),
        ("apiKeyExhausted", 429, "no requests left .* set NEWS_API_DAILY_LIMIT", SourceState.RATE_LIMITED),
        ("rateLimited", 429, "more than its plan allows .* set NEWS_API_DAILY_LIMIT", SourceState.RATE_LIMITED),
        ("maximumResultsReached", 426, "no further articles of one search on our plan", SourceState.FAILED),
        (
            "parameterInvalid",
            400,
            r"does not take what it was asked \(parameterInvalid: In words\.\)",
            SourceState.FAILED,
        ),
        ("parametersMissing", 400, r"\(parametersMissing: In words\.\)", SourceState.FAILED),
        ("sourceDoesNotExist", 400, r"\(sourceDoesNotExist: In words\.\)", SourceState.FAILED),
        (
            "unexpectedError",
            400,
            r"NewsAPI failed \(unexpectedError: In words\.\): ask again later",
            SourceState.FAILED,
        ),
    ],
)
def test_each_code_is_a_state_of_its_own_with_a_remedy(code: str, status: int, words: str, state: SourceState) -> None:
    with pytest.raises(EtHeatmapError, match=words) as raised:
        raise told(code, status)
    assert raised.value.state is state


def test_the_codes_are_told_apart_by_type_too() -> None:
    for code in ("apiKeyInvalid", "maximumResultsReached", "parameterInvalid"):
        assert isinstance(told(code, 400), UpstreamRefusedError)
    assert isinstance(told("unexpectedError", 400), UpstreamUnreachableError)


def test_when_to_ask_again_is_told_where_newsapi_says_so_by_its_own_clock() -> None:
    error = told("rateLimited", 429, {"date": DATE, "retry-after": "3600"})
    assert isinstance(error, RateLimitedError)
    assert error.next_at == datetime(2026, 11, 20, 16, 5, tzinfo=UTC)
    assert "asks again from" not in str(error)
    assert "answers again at 2026-11-20 16:05 UTC" in str(error)
    for headers in ({}, {"date": DATE}, {"retry-after": "3600"}, {"date": "today", "retry-after": "3600"}):
        error = told("apiKeyExhausted", 429, headers)
        assert isinstance(error, RateLimitedError)
        assert error.next_at is None
        assert "does not say when it answers again" in str(error)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, refused("unexpectedError")),  # the gateway asks again
        (400, refused("somethingNew")),
        (429, b"slower"),
        (403, b'["error"]'),
        (403, b'{"status": "ok"}'),
    ],
)
def test_without_a_code_that_is_known_the_status_stands(status: int, body: bytes) -> None:
    assert refusal(Refused(status, {}, body, "https://newsapi.org/v2/everything")) is None


def plan(names: int = 20, a_partition: int = 18, *, is_past: bool = False) -> Plan:
    entities = [Tracked(number, f"Somebody Number {number}", "person", "film", None) for number in range(names)]
    settings = Settings(_env_file=None, news_api_key="s3cret")  # type: ignore[call-arg, arg-type]
    uses = {"newsapi": replace(CONFIG.budgets.uses["newsapi"], units_a_partition=a_partition)}
    config = replace(CONFIG, budgets=replace(CONFIG.budgets, uses=uses))
    return Plan("newsapi", HOUR, settings, config, entities, is_past=is_past, refusal=SOURCE.refusal)


class Desk:
    """NewsAPI in this process. ``pages``: of every search, by number; a refusal is raised as the gateway would.

    It is its own books, too: ``used_before`` are the requests of earlier attempts at the hour.
    """

    def __init__(self, *pages: bytes | EtHeatmapError, used_before: int = 0) -> None:
        self.pages, self.used_before = list(pages), used_before
        self.gateway = ScriptedGateway(self._answer)

    def _answer(self, call: Call) -> Reply:
        assert call.headers == {"X-Api-Key": "s3cret"}
        assert call.refusal is SOURCE.refusal
        number = int(parse_qs(urlsplit(call.url).query).get("page", ["1"])[0])
        if "top-headlines" in call.url:
            return Reply(page(article()))
        found = self.pages[number - 1]
        if isinstance(found, EtHeatmapError):
            raise found
        return Reply(found)

    @property
    def asked(self) -> list[str]:
        """Paths and pages."""
        parts = [urlsplit(call.url) for call in self.gateway.calls]
        return [f"{part.path.rpartition('/')[2]} {parse_qs(part.query).get('page', ['1'])[0]}" for part in parts]

    @contextmanager
    def asker(self, plan: Plan) -> Iterator[Ask]:
        with open_asker(self.gateway.as_gateway(), replace(plan, ledger=cast("Ledger", self))) as ask:
            yield ask

    def used_for_hour(self, provider: str, asset: str, hour: datetime) -> int:
        assert (provider, asset, hour) == ("newsapi", "newsapi", HOUR)
        return self.used_before + len(self.gateway.calls)


def test_a_search_is_read_on_until_it_reaches_back_to_its_hour(tmp_path: Path) -> None:
    old = full_page(HOUR + timedelta(minutes=5), total=431)
    desk, asked = Desk(full_page(NEWEST), old), plan(5)
    with desk.asker(asked) as ask:
        received = ask(questions(asked)[1], tmp_path / "answer", None)
    assert desk.asked == ["everything 1", "everything 2"]
    body = (tmp_path / "answer").read_bytes()
    assert isinstance(received, Received)
    assert (received.size_bytes, received.url) == (len(body), desk.gateway.calls[0].url)
    assert len(parsed(body).items) == 200
    assert [path.name for path in tmp_path.iterdir()] == ["answer"]


def test_no_more_pages_than_the_hours_plan_has_requests_left(tmp_path: Path) -> None:
    """Five questions of six requests: the first search is read on, the next is not."""
    desk, asked = Desk(full_page(NEWEST), full_page(NEWEST), full_page(NEWEST)), plan(20, a_partition=6)
    with desk.asker(asked) as ask:
        for question in questions(asked):
            ask(question, tmp_path / "answer", None)
    assert desk.asked == ["top-headlines 1", "everything 1", "everything 2", *["everything 1"] * 3]


@pytest.mark.parametrize(("used_before", "pages"), [(0, 3), (15, 3), (16, 2), (17, 1)])
def test_the_pages_of_earlier_attempts_are_a_part_of_the_hours_plan(
    tmp_path: Path, used_before: int, pages: int
) -> None:
    """The last question of the hour, asked again: eighteen requests are for all attempts together."""
    desk, asked = Desk(*[full_page(NEWEST)] * 3, used_before=used_before), plan(5)
    with desk.asker(asked) as ask:
        ask(questions(asked)[-1], tmp_path / "answer", None)
    assert len(desk.asked) == pages
    assert used_before + pages <= 18


def test_a_search_is_three_pages_at_most(tmp_path: Path) -> None:
    desk, asked = Desk(*[full_page(NEWEST)] * 5), plan(5)
    with desk.asker(asked) as ask:
        ask(questions(asked)[1], tmp_path / "answer", None)
    assert desk.asked == ["everything 1", "everything 2", "everything 3"]


@pytest.mark.parametrize(
    "error",
    [told("maximumResultsReached", 426), BudgetExhaustedError("newsapi: 500 of 500 requests used.")],
    ids=["the plan of the key", "our budget"],
)
def test_where_no_further_page_is_to_be_had_the_first_counts_and_nobody_asks_for_others(
    tmp_path: Path, error: EtHeatmapError
) -> None:
    desk, asked = Desk(full_page(NEWEST), error), plan(10)
    with desk.asker(asked) as ask:
        for question in questions(asked):
            ask(question, tmp_path / "answer", None)
            found = parsed((tmp_path / "answer").read_bytes(), question.key)
            assert bool(found.lacks) == (question.key != "headlines"), "what is missing is told"
    assert desk.asked == ["top-headlines 1", "everything 1", "everything 2", "everything 1"]


def test_a_page_that_fails_costs_only_itself(tmp_path: Path) -> None:
    desk, asked = Desk(full_page(NEWEST), UpstreamUnreachableError("newsapi.org cannot be reached.")), plan(10)
    with desk.asker(asked) as ask:
        for question in questions(asked)[1:]:
            ask(question, tmp_path / "answer", None)
            assert parsed((tmp_path / "answer").read_bytes(), question.key).items
    assert desk.asked == ["everything 1", "everything 2"] * 2


@pytest.mark.parametrize("code", ["apiKeyInvalid", "apiKeyDisabled", "apiKeyExhausted", "rateLimited"])
def test_what_is_said_of_the_key_holds_for_all_questions_that_are_left(tmp_path: Path, code: str) -> None:
    error, asked = told(code, 401), plan(20)
    desk = Desk(error)
    with desk.asker(asked) as ask:
        headlines, *searches = questions(asked)
        ask(headlines, tmp_path / "answer", None)
        for search in searches:
            with pytest.raises(type(error)) as raised:
                ask(search, tmp_path / "answer", None)
            assert raised.value is error
    assert desk.asked == ["top-headlines 1", "everything 1"]


def test_what_is_said_of_one_question_does_not(tmp_path: Path) -> None:
    desk, asked = Desk(told("parameterInvalid", 400)), plan(10)
    with desk.asker(asked) as ask:
        for search in questions(asked)[1:]:
            with pytest.raises(UpstreamRefusedError, match="parameterInvalid"):
                ask(search, tmp_path / "answer", None)
    assert desk.asked == ["everything 1"] * 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("apiKeyInvalid", UpstreamRefusedError),
        ("rateLimited", RateLimitedError),
        ("unexpectedError", UpstreamUnreachableError),
        ("somethingNew", UpstreamUnreachableError),
    ],
)
def test_an_error_with_the_status_of_success_is_one(tmp_path: Path, code: str, kind: type[EtHeatmapError]) -> None:
    desk, asked = Desk(refused(code)), plan(5)
    with desk.asker(asked) as ask, pytest.raises(kind, match=code):
        ask(questions(asked)[1], tmp_path / "answer", None)


@pytest.mark.parametrize("body", [b"", b"<html>maintenance</html>", full_page(NEWEST)[:500]])
def test_what_is_no_json_is_handed_over_as_evidence(tmp_path: Path, body: bytes) -> None:
    desk, asked = Desk(body), plan(5)
    with desk.asker(asked) as ask:
        ask(questions(asked)[1], tmp_path / "answer", None)
    assert (tmp_path / "answer").read_bytes() == body
    assert desk.asked == ["everything 1"]


def test_the_headlines_of_a_past_hour_are_gone_and_its_searches_are_not(tmp_path: Path) -> None:
    desk, asked = Desk(page(article())), plan(5, is_past=True)
    with desk.asker(asked) as ask:
        headlines, search = questions(asked)
        with pytest.raises(
            UpstreamRefusedError, match="only tell what is now: those of 2026-11-20 14:00 are gone"
        ) as gone:
            ask(headlines, tmp_path / "answer", None)
        ask(search, tmp_path / "answer", None)
    assert gone.value.status_code == 410, "no hour is less whole for it"
    assert desk.asked == ["everything 1"]
