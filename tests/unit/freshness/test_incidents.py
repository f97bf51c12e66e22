"""When people are told that something is stale, and that it is over: once each, and one message for one cause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from etheatmap_core.freshness.incidents import CATCHES_UP_WITHIN, Incident, changes, closing, opening
from etheatmap_core.freshness.verdict import Freshness, Verdict

NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
ABOVE = {"wiki": [], "trade_rss": [], "google_news": [], "news": ["trade_rss", "google_news"],
         "heat_scores": ["wiki", "news"], "entity_roster": [], "wiki_history": ["entity_roster"]}  # fmt: skip
BELOW = {"wiki": ["heat_scores"], "trade_rss": ["news", "heat_scores"], "news": ["heat_scores"]}


class World:
    """Who is stale, tick by tick; the incidents as the table keeps them."""

    def __init__(self) -> None:
        self.stale: set[str] = set()
        self.waiting: set[str] = set()
        self.now = NOW
        self.open: list[Incident] = []
        self._before: set[str] = set()
        self._moved_at: dict[str, datetime] = {}
        self._opened = 0

    @property
    def verdicts(self) -> dict[str, Verdict]:
        verdicts = {asset: _verdict(asset, is_stale=asset in self.stale) for asset in ABOVE}
        return verdicts | {asset: replace(verdicts[asset], state=Freshness.WAITING) for asset in self.waiting}

    def tick(self, after: timedelta = timedelta(seconds=30)) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """The assets of an incident that opened, and those of each that closed."""
        self.now += after
        self._moved_at |= dict.fromkeys(self.stale ^ self._before, self.now)
        self._before = set(self.stale)
        moved = {asset for asset, at in self._moved_at.items() if self.now - at < CATCHES_UP_WITHIN}
        found = changes(list(self.verdicts.values()), ABOVE, self.open, moved)
        self.open = list(found.going_on)
        if found.opened:
            self._opened += 1
            self.open.append(Incident(self._opened, found.opened))
        return found.opened, [incident.assets for incident in found.closed]


def _verdict(asset: str, *, is_stale: bool) -> Verdict:
    state = Freshness.STALE if is_stale else Freshness.FRESH
    return Verdict(asset, state, "Because.", NOW, NOW - timedelta(hours=8), timedelta(hours=7), timedelta(hours=6))


def test_one_message_when_it_turns_stale_and_one_when_it_is_over() -> None:
    world = World()
    assert world.tick() == ((), [])
    world.stale = {"wiki"}
    assert world.tick() == (("wiki",), [])
    assert world.tick() == ((), [])
    world.stale = set()
    assert world.tick() == ((), [("wiki",)])
    assert world.tick() == ((), [])


def test_of_two_that_were_stale_together_one_that_dies_again_is_told_again() -> None:
    world = World()
    world.stale = {"wiki", "trade_rss"}
    assert world.tick() == (("trade_rss", "wiki"), [])
    world.stale = {"trade_rss"}
    assert world.tick() == ((), [])
    world.stale = {"trade_rss", "wiki"}
    assert world.tick() == (("wiki",), [])
    world.stale = set()
    assert world.tick() == ((), [("trade_rss", "wiki"), ("wiki",)])


def test_stale_and_not_published_by_turns_is_one_stretch() -> None:
    world = World()
    world.stale = {"wiki"}
    assert world.tick() == (("wiki",), [])
    for _ in range(3):
        world.stale, world.waiting = set(), {"wiki"}
        assert world.tick() == ((), []), "nothing has come"
        world.stale, world.waiting = {"wiki"}, set()
        assert world.tick() == ((), [])
    world.stale = set()
    assert world.tick() == ((), [("wiki",)])


def test_a_dead_upstream_and_all_that_rests_on_it_are_one() -> None:
    world = World()
    world.stale = {"entity_roster", "wiki_history"}
    assert world.tick() == (("entity_roster",), [])
    world.stale |= {"trade_rss", "google_news", "news"}
    assert world.tick() == (("google_news", "trade_rss"), [])


def test_what_rests_on_it_and_turns_stale_later_adds_nothing() -> None:
    world = World()
    world.stale = {"entity_roster"}
    world.tick()
    world.stale = {"entity_roster", "wiki_history"}
    assert world.tick() == ((), [])


def test_what_goes_on_without_some_is_stale_by_itself_while_it_has_others() -> None:
    world = World()
    world.stale = {"wiki", "trade_rss"}
    world.tick()
    world.stale |= {"heat_scores"}
    assert world.tick() == (("heat_scores",), []), "an old outage must not hide that scores have stopped"
    world.stale |= {"news"}
    assert world.tick() == (("news",), [])
    world.stale |= {"google_news"}
    assert world.tick() == (("google_news",), [])


def test_what_is_below_may_catch_up_for_an_hour_and_is_told_after_it() -> None:
    world = World()
    world.stale = {"entity_roster", "wiki_history"}
    world.tick()
    world.stale = {"wiki_history"}
    assert world.tick() == ((), [("entity_roster",)])
    assert world.tick(timedelta(minutes=50)) == ((), [])
    assert world.tick(timedelta(minutes=20)) == (("wiki_history",), [])


def test_a_machine_that_was_off_is_one_message_and_one_when_all_are_back() -> None:
    world = World()
    world.stale = {"wiki", "trade_rss", "google_news", "news", "heat_scores"}
    assert world.tick() == (("google_news", "trade_rss", "wiki"), [])
    world.stale = {"wiki", "heat_scores"}
    assert world.tick() == ((), []), "scores catch up with what has just come back"
    world.stale = set()
    assert world.tick() == ((), [("google_news", "trade_rss", "wiki")])


def test_stale_again_is_told_again() -> None:
    world = World()
    for _ in range(2):
        world.stale = {"wiki"}
        assert world.tick() == (("wiki",), [])
        world.stale = set()
        world.tick()


def test_the_message_says_which_since_when_why_and_what_rests_on_it() -> None:
    world = World()
    world.stale = {"wiki"}
    message = opening(4, ("wiki",), world.verdicts, BELOW)
    assert message.key == "freshness:4:stale"
    assert message.text == (
        ":warning: wiki stale: last=2026-11-24T04:10Z age=7.0h > 6h. Because.\nRests on it: heat_scores."
    )


def test_scores_have_the_published_wording_also_below_a_dead_source() -> None:
    world = World()
    world.stale = {"heat_scores", "wiki"}
    assert opening(1, ("heat_scores",), world.verdicts, BELOW).text.startswith(
        ":warning: Scores stale: last=2026-11-24T04:10Z age=7.0h > 6h"
    )
    assert ":warning: Scores stale: last=" in opening(1, ("wiki",), world.verdicts, BELOW).text


def test_the_end_says_how_it_stands_now() -> None:
    text = closing(Incident(4, ("wiki", "gone")), World().verdicts).text
    assert text == (
        ":white_check_mark: wiki no longer stale: fresh. Because.\n"
        ":white_check_mark: gone no longer stale: not watched any more"
    )
