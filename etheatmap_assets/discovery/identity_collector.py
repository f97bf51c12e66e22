"""How names become identities: Wikipedia by titles, then Wikidata by ids, as the hour's questions of entity_discovery.

At most so many names an hour, the strongest first; the rest wait for the next hour, and are told. What was asked for an
hour is in the archive: made again, the hour costs nothing. Here: the steps and their order. Not here: addresses and
what answers say (etheatmap_core.discovery.identities), which names (candidates).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from etheatmap_assets.sources.day_answers import DayAnswers, StoppedError
from etheatmap_assets.sources.in_parts import archived_parts, whole_answer
from etheatmap_assets.sources.kit import Kit
from etheatmap_core.discovery.identities import identity_url, items_url, resolved, wanted_items
from etheatmap_core.discovery.identity_store import AGES_AFTER, Answered, read_identities, write_identities
from etheatmap_core.discovery.meanings import Meaning, meanings_of, meanings_url, parse_links
from etheatmap_core.entities.roster_facts import (
    Item,
    Pages,
    Part,
    id_batches,
    parse_wikidata,
    question_key,
    title_batches,
)
from etheatmap_core.signals.wiki_views import page_title

SOURCE = "entity_discovery"
WIKIDATA = "https://www.wikidata.org"
NAMES_AN_HOUR = 200  # four questions to Wikipedia, some ten to Wikidata
PAGES_OF_MEANINGS_AN_HOUR = 5  # a question each, or some where a page has more than fifty


@dataclass(frozen=True)
class Identified:
    """What the hour has asked and learnt; ``waiting`` names fit in no question of the hour."""

    answers: DayAnswers
    names: int
    waiting: int


@dataclass(frozen=True)
class _Told:
    """One whole answer of Wikipedia: which titles it was asked for, since when it holds, which capture it is."""

    titles: tuple[str, ...]
    pages: Pages
    captured_at: datetime
    capture_id: int


class IdentityCollector:
    """Asks for one run. ``must_ask`` asks even where the archive, or the table, has an answer that is young enough."""

    def __init__(self, kit: Kit, *, must_ask: bool = False) -> None:
        self._kit, self._must_ask = kit, must_ask
        configured = kit.config.sources[SOURCE].base_url if SOURCE in kit.config.sources else None
        self._wikipedia = (configured or f"https://{kit.settings.wiki_projects[0]}.wikipedia.org").rstrip("/")

    def identify(self, hour: datetime, names: Sequence[str]) -> Identified:
        """Asks for those of ``names`` (the strongest first) that are not known, and keeps what is answered."""
        answers = DayAnswers.of(self._kit, SOURCE, hour, limits_of=SOURCE, must_ask=self._must_ask)
        of_archive = list(_told(answers))
        wanted, waiting = self._wanted(names, of_archive)
        self._ask(answers, wanted, of_archive)
        answered = self._answered(hour)
        with self._kit.engine.begin() as connection:
            write_identities(connection, answered)
        return Identified(answers, len(answered), waiting)

    def meanings(self, answers: DayAnswers, titles: Sequence[str]) -> Mapping[str, Sequence[Meaning]]:
        """What each of these pages of meanings lists; asked for once in thirty days, and so many an hour."""
        found: dict[str, Sequence[Meaning]] = {}
        asked = 0
        try:
            for title in titles:
                key = question_key("meanings", [title])
                parts = self._earlier(key)
                if parts is None and asked < PAGES_OF_MEANINGS_AN_HOUR:
                    url_of = partial(meanings_url, self._wikipedia, title)
                    parts = whole_answer(answers, key, url_of, about={"meanings": title}, is_left=1, parse=parse_links)
                    asked += 1
                if parts is not None:
                    found[title] = meanings_of(title.removesuffix(" (disambiguation)"), parts)
        except StoppedError:
            pass  # the others stay as ambiguous as they are
        return found

    def _earlier(self, key: str) -> list[Part] | None:
        """The parts of a young answer, of whichever hour; None where one of them is missing."""
        parts: list[Part] = []
        while True:
            with self._kit.engine.connect() as connection:
                capture = self._kit.archive.newest_of_key(connection, SOURCE, f"{key}/{len(parts)}")
            if capture is None or capture.raw_path is None or self._kit.clock() - capture.captured_at >= AGES_AFTER:
                return None
            parts.append(parse_links(capture.raw_path.read_bytes()))
            if not parts[-1].go_on:
                return parts

    def _wanted(self, names: Sequence[str], told: Sequence[_Told]) -> tuple[list[str], int]:
        """Whom to ask for now, and how many wait: what the hour has asked for before is a part of its share."""
        now = self._kit.clock()
        with self._kit.engine.connect() as connection:
            known = read_identities(connection, names)
        asked = {page_title(title) for one in told for title in one.titles}
        unknown = [
            name
            for name in dict.fromkeys(map(page_title, names))
            if name not in asked and (self._must_ask or name not in known or known[name].has_aged(now))
        ]
        room = max(NAMES_AN_HOUR - len(asked), 0)
        return unknown[:room], len(unknown[room:])

    def _ask(self, answers: DayAnswers, names: Sequence[str], told: Sequence[_Told]) -> None:
        """What is answered stays in the archive; what is not is asked for in the next hour."""
        asked = [(one.titles, one.pages) for one in told]
        try:
            batches = title_batches(names)
            for number, titles in enumerate(batches):
                pages = Pages()
                parts = whole_answer(
                    answers,
                    question_key("wikipedia", titles),
                    partial(identity_url, self._wikipedia, titles),
                    about={"titles": titles},
                    is_left=len(batches) - number,
                )
                if parts is not None:
                    pages.add(parts)
                    asked.append((titles, pages))
            known = {
                one for key in answers.captured if key.startswith("wikidata/") for one in _about(answers, key, "ids")
            }
            wanted = {one for titles, pages in asked for one in wanted_items(titles, pages)}
            ids = id_batches(sorted(wanted - known))
            for number, some in enumerate(ids):
                key, left = question_key("wikidata", some), len(ids) - number
                answers.ask(key, items_url(WIKIDATA, some), parse_wikidata, about={"ids": some}, is_left=left)
        except StoppedError:
            return

    def _answered(self, hour: datetime) -> list[Answered]:
        """All that the archive has for the hour, read anew: the identities of an hour follow from its captures."""
        archived = DayAnswers.of(self._kit, SOURCE, hour, limits_of=SOURCE, must_ask=False)
        items: dict[str, Item | None] = {}
        for key in sorted(archived.captured):
            if key.startswith("wikidata/"):
                items.update(archived.replay(key, parse_wikidata) or {})
        return [
            Answered(found, told.captured_at, told.capture_id)
            for told in _told(archived)
            for name in told.titles
            if (found := resolved(name, told.pages, items)) is not None
        ]


def _told(answers: DayAnswers) -> Iterator[_Told]:
    """The whole answers of Wikipedia that the archive has, the oldest first."""
    first_parts = [
        (key, one) for key, one in answers.captured.items() if key.startswith("wikipedia/") and key[-2:] == "/0"
    ]
    for key, capture in sorted(first_parts, key=lambda one: (one[1].captured_at, one[0])):
        parts = archived_parts(answers, key.removesuffix("/0"))
        if parts is not None:
            pages = Pages()
            pages.add(parts)
            yield _Told(_about(answers, key, "titles"), pages, capture.captured_at, capture.id)


def _about(answers: DayAnswers, key: str, name: str) -> tuple[str, ...]:
    """What a question of the archive was about."""
    return tuple((answers.captured[key].extract or {}).get(name, ()))
