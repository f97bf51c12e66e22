"""Names nobody tracks are found where a capital says something, and counted wherever they stand."""

import csv
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.names import FoundName, Text, unmatched_names
from etheatmap_core.entities.names import CommonWords, load_common_words
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import plain_text, read_feed

WORDS = CommonWords(load_common_words(Path(__file__).parents[3] / "configs" / "common_words.txt"))


def names_in(*written: str, tracked: Sequence[str] = ()) -> list[str]:
    texts = [Text(one, "", f"https://news.example/{number}") for number, one in enumerate(written)]
    return [found.name for found in unmatched_names(texts, WORDS, tracked)]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("The comic Nova Quill has died at 85", ["Nova Quill"], id="a run of capitals in a sentence"),
        pytest.param("Yesterday Robert De Niro left the set", ["Robert De Niro"], id="a capitalised small word"),
        pytest.param("the music of Ludwig van Beethoven is back", ["Ludwig van Beethoven"], id="a small word within"),
        pytest.param("a guest of Conan O'Brien's show came late", ["Conan O'Brien"], id="apostrophes"),
        pytest.param("a letter from J.K. Rowling arrived", ["J.K. Rowling"], id="initials"),
        pytest.param("they saw Beyoncé Knowles leave", ["Beyoncé Knowles"], id="beyond ASCII"),
        pytest.param("Apple's Nova Quill spoke about it", ["Nova Quill"], id="what is whose ends a name"),
        pytest.param("reporters talked to French President Nova Quill about music", ["Nova Quill"], id="without roles"),
        pytest.param("fans of “Trailer Park Boys” wait for more", ["Trailer Park Boys"], id="a title in quotes"),
        pytest.param("a scene of Lord of the Rings was cut", ["Lord of the Rings"], id="of and the within a title"),
        pytest.param("they opened in New York on Monday", [], id="places and days"),
        pytest.param("she studied at Stanford University then", [], id="what no entity ends in"),
        pytest.param("WATCH NOVA QUILL RIGHT NOW", [], id="capitals alone say nothing"),
        pytest.param("Nova Quill Stuns Fans With Surprise Album", [], id="one headline is not believed"),
        pytest.param("I think I'll See Them", [], id="contractions are small words"),
        pytest.param("somebody told us about it", [], id="no capitals"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_what_a_capital_says(written: str, found: list[str]) -> None:
    assert names_in(written) == found


def test_of_headlines_what_several_tell_is_believed() -> None:
    told = ["Zora Vantrell Stuns Fans With Surprise Album", "Fans Cannot Believe Zora Vantrell Album News"]
    assert names_in(*told) == ["Zora Vantrell"]


def test_a_name_of_a_sentence_is_counted_in_headlines_too() -> None:
    texts = [
        Text("Nova Quill Leaves Show", "The comic Nova Quill has left the show.", "https://a.example/1"),
        Text("What Nova Quill Said", "", "https://b.example/2"),
    ]
    assert unmatched_names(texts, WORDS) == (
        FoundName("Nova Quill", 2, ("https://a.example/1", "https://b.example/2")),
    )


def test_one_word_needs_several_texts_and_no_longer_name() -> None:
    assert names_in("they all love Zendara today") == []
    assert names_in("they all love Zendara today", "nobody knew Zendara before") == ["Zendara"]
    surname = ["they all love Quillon today", "nobody knew Quillon before", "the comic Nova Quillon is there"]
    assert names_in(*surname) == ["Nova Quillon"]


def test_copies_of_one_story_are_one() -> None:
    texts = [Text("The comic Nova Quill has died", "", f"https://{host}.example/") for host in "abc"]
    assert [found.mentions for found in unmatched_names(texts, WORDS)] == [1]


def test_tracked_names_are_never_found() -> None:
    assert names_in("The comic Nova Quill has died at 85", tracked=["Nova Quill"]) == []
    title = "The comic Nova Quill has died at 85"
    assert unmatched_names([Text(title, "", "https://a.example/", ((10, 20),))], WORDS) == ()


_SNIPPETS = st.sampled_from([
    "the comic Nova Quill has died", "Nova Quill Stuns Fans", "they all love Zendara", "nobody knew Zendara before",
    "New Album By Nova Quill", "a letter from J.K. Rowling", "WE LOVE IT", "say “Trailer Park Boys” again",
])  # fmt: skip
_TEXTS = st.lists(
    st.builds(Text, _SNIPPETS, st.just("") | _SNIPPETS, st.from_regex(r"https://[a-e]\.example/", fullmatch=True))
)


@given(_TEXTS, st.randoms())
def test_the_order_of_the_texts_does_not_matter(texts: list[Text], random: Callable[..., object]) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert unmatched_names(shuffled, WORDS) == unmatched_names(texts, WORDS)


@given(st.lists(st.builds(Text, st.text(max_size=60), st.text(max_size=60), st.just("https://a.example/")), max_size=4))
def test_any_text_can_be_read(texts: list[Text]) -> None:
    for found in unmatched_names(texts, WORDS):
        assert found.name.strip() == found.name != ""
        assert found.mentions >= len(found.receipts) == 1


# --- On recorded text: the seventy names of each recording whose hashes come first were looked at one by one.

_LEAST = {"newsapi": 0.88, "movies": 0.77, "television": 0.79, "feeds": 0.62}


@pytest.mark.parametrize("recording", _LEAST)
def test_most_of_what_is_found_in_recorded_text_is_a_whole_name(realdata: Path, recording: str) -> None:
    """``whole``: the complete name of one person, work, place, firm or event, and nothing more."""
    labels = json.loads((Path(__file__).parent / "name_labels.json").read_text())[recording]
    whole, broken = set(labels["whole"].split()), set(labels["not"].split())
    found = {_label(recording, one.name) for one in unmatched_names(_recorded(realdata, recording), WORDS)}
    assert len(found & whole) / len(found & (whole | broken)) >= _LEAST[recording]
    assert len(found & whole) >= 0.9 * len(whole), "names that were found before are lost"


def _label(recording: str, name: str) -> str:
    return hashlib.sha256(f"{recording}|{name.casefold()}".encode()).hexdigest()[:12]


def _recorded(realdata: Path, recording: str) -> list[Text]:
    if recording == "newsapi":
        page = json.loads((realdata / "api_newsapi" / "everything_2019-05-19_22701results.json").read_text())
        return [Text(one["title"] or "", plain_text(one["description"] or ""), one["url"]) for one in page["articles"]]
    if recording == "feeds":
        return [text for path in sorted((realdata / "api_rss_atom").iterdir()) for text in _feed(path)]
    path = realdata / "attention" / "reddit_top_posts_2013" / "data" / f"{recording}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [Text(row["title"], row["selftext"][:1000], row["permalink"]) for row in csv.DictReader(file)]


def _feed(path: Path) -> list[Text]:
    try:
        return [
            Text(entry.title, entry.summary, entry.link or "")
            for entry in read_feed(path.read_bytes(), path.name).entries
        ]
    except CorruptCaptureError:
        return []  # a licence, and feeds that are there to be refused
