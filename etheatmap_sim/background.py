"""The background of a dump: invented pages with counts as in real files, a few huge, most of them 1.

Also the oddities of real files that break careless readers; each was seen in a recorded dump or is documented upstream.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from etheatmap_sim import words
from etheatmap_sim.randomness import Purpose, stream

# Rank r has BUSIEST / r^STEEPNESS · exp(−r / FALLS_OFF) views in the mean hour; in one hour, half of them have some.
_PAGES = 11_000
_BUSIEST = 4_000.0
_STEEPNESS = 0.92
_FALLS_OFF_AT_RANK = 6_000.0

# Share of pages, as in the recorded hour of 2024-08-03, and the UTC hour when their readers are most awake.
_WIKIS: dict[str, tuple[tuple[str, float], ...]] = {
    "english": (("en", 0.30), ("en.m", 0.36), ("commons.m", 0.01), ("en.d", 0.01)),
    "german": (("de", 0.03), ("de.m", 0.05)),
    "french": (("fr", 0.02), ("fr.m", 0.03)),
    "spanish": (("es", 0.02), ("es.m", 0.03)),
    "russian": (("ru", 0.02), ("ru.m", 0.05)),
    "japanese": (("ja", 0.03), ("ja.m", 0.04)),
}
_BUSIEST_UTC_HOUR = {"en": 1.0, "commons": 1.0, "de": 19.0, "fr": 19.0, "es": 22.0, "ru": 17.0, "ja": 12.0}

_ODD_PAGES = (
    ("en", "-", 35.0),  # requests whose title could not be told
    ("en.m", "-", 20.0),
    ("en", "Special:Search", 1_200.0),
    ("en.m", "Special:Search", 700.0),
    ("en", "Main_Page", 250_000.0),
    ("en.m", "Main_Page", 140_000.0),
    ("en", "Special:Random", 900.0),
    ("en", ".xxx", 12.0),
    ("en", "404.php", 9.0),
    ("en", '"', 6.0),  # quotes are letters, not quoting, balanced or not
    ("en", '12"_single', 4.0),
    ("en.m", '"The_Quiet_Engine"_(song)', 7.0),
    ("en", "100%_Yarrow", 5.0),  # a percent sign that encodes nothing
    ("en.m", "Who's_Afraid_of_Redmere?", 8.0),
    ("en", "Fenwick,_Lord_of_the_Isles;_or,_The_Storm", 3.0),
    ("en", "Back\\slash", 2.0),
    ("www.wd", "Q3727220", 2.0),
)


class Page(NamedTuple):
    """``project`` as in the files: ``en`` desktop, ``en.m`` mobile; views: of the mean hour."""

    project: str
    title: str
    views: float


def background_pages(seed: int) -> list[Page]:
    """Distinct pages, with their mean views an hour."""
    dice = stream(seed, Purpose.PAGES)
    titles = {language: _shuffled(dice, maker()) for language, maker in _TITLES.items()}
    places = [(language, project, share) for language, wikis in _WIKIS.items() for project, share in wikis]
    shares = np.array([share for *_, share in places])
    chosen = dice.choice(len(places), size=_PAGES, p=shares / shares.sum())
    next_title = dict.fromkeys((project for _, project, _ in places), 0)
    pages = [Page(*odd) for odd in _ODD_PAGES]
    for rank, place in enumerate(chosen.tolist(), 1):
        language, project, _ = places[place]
        if next_title[project] < len(titles[language]):
            views = _BUSIEST / rank**_STEEPNESS * np.exp(-rank / _FALLS_OFF_AT_RANK)
            pages.append(Page(project, titles[language][next_title[project]], float(views)))
            next_title[project] += 1
    return pages


def busiest_utc_hour(project: str) -> float:
    """When the readers of ``de.m`` are most awake; as in the US where it is not known."""
    return _BUSIEST_UTC_HOUR.get(project.split(".", maxsplit=1)[0], _BUSIEST_UTC_HOUR["en"])


def _shuffled(dice: np.random.Generator, titles: Iterator[str]) -> list[str]:
    distinct = list(dict.fromkeys(titles))
    return [distinct[i] for i in dice.permutation(len(distinct))]


def _english() -> Iterator[str]:
    yield from (f"{first}_{last}" for first, last in product(words.FIRST, words.LAST))
    yield from (f"{place},_{last}_County" for place, last in product(words.PLACE, words.LAST))
    for adjective, noun in product(words.ADJECTIVE, words.NOUN):
        yield f"The_{adjective}_{noun}"
        yield f"{adjective}_{noun}_(film)"
    yield from (f"{last}'s_{noun}" for last, noun in product(words.LAST, words.NOUN))
    yield from (f"List_of_{topic}_in_{place}" for topic, place in product(words.TOPIC, words.PLACE))
    yield from (f"{year}_in_{topic}" for year, topic in product(range(1900, 2030), words.TOPIC))
    yield from (f"Talk:{place}/Archive_{number}" for place, number in product(words.PLACE, range(1, 6)))
    yield from (f"Category:{noun}s_of_{place}" for noun, place in product(words.NOUN, words.PLACE))
    yield from (f"File:{place}_{number}.jpg" for place, number in product(words.PLACE, range(1, 9)))


def _joined(parts: tuple[list[str], list[str]], between: str, endings: tuple[str, ...] = ("",)) -> Iterator[str]:
    return (f"{one}{between}{other}{ending}" for ending, one, other in product(endings, *parts))


_TITLES: dict[str, Callable[[], Iterator[str]]] = {
    "english": _english,
    "german": lambda: _joined(words.GERMAN, "_", ("", "_(Begriffsklärung)", "_1848", "_(Film)")),
    "french": lambda: _joined(words.FRENCH, "_", ("", "_(homonymie)", "_(1789)", "_(film)")),
    "spanish": lambda: _joined(words.SPANISH, "_", ("", "_(desambiguación)", "_de_1920", "_(película)")),
    "russian": lambda: _joined(words.RUSSIAN, "_", ("", "_(фильм)", "_(значения)", "_(1917—1922)", "_(опера)")),
    "japanese": lambda: _joined(words.JAPANESE, "", ("", "_(映画)", "_(曖昧さ回避)", "_(アルバム)")),
}
