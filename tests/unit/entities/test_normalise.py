"""One normal form for names and texts, and the way back to the original."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.entities import normalise as module
from etheatmap_core.entities.normalise import Normalised, normalise

# Characters that have gone wrong somewhere: composing, folding to two, unseen, half of an entity.
_AWKWARD = [
    *"aé\u0301\u200b&;#x3 `’—ﾞｶ가ᅡᆨ™…ﬁßİ\ud800＆；\t\n",
    "amp",
    "&amp;",
    "&#39;",
    "&amp;#8217;",
    "&nbsp;",
    "lt;",
    "  ",
]
texts = st.lists(st.one_of(st.characters(), st.sampled_from(_AWKWARD)), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Zendaya", "zendaya"),
        ("ZENDAYA’S", "zendaya's"),
        ("Ocean`s ´11ʼ", "ocean's '11'"),
        ("Spider—Man – No Way Home", "spider-man - no way home"),
        ("“Dune” «Dune»", '"dune" "dune"'),
        ("Law &amp; Order", "law & order"),
        ("Zendaya&amp;#8217;s", "zendaya's"),
        ("a&nbsp;&nbsp;\n b", "a b"),
        ("&zendaya; &;", "&zendaya; &;"),
        ("Ｄｕｎｅ", "dune"),
        ("Beyonce\u0301", "beyoncé"),
        ("Straße", "strasse"),
        ("ﾌﾞﾗｯｸﾋﾟﾝｸ", "ブラックピンク"),
        ("Zen\u200bda\u00adya", "zendaya"),
        ("Barbie™ movie", "barbie movie"),
        ("tick, tick… boom", "tick, tick... boom"),
        ("\ud83d broken", "\ufffd broken"),
    ],
)
def test_different_spellings_are_one(written: str, normal: str) -> None:
    assert normalise(written).text == normal


@pytest.mark.parametrize(
    ("text", "name", "original"),
    [
        ("See Zendaya&#8217;s film", "zendaya", "Zendaya"),
        ("&amp;quot;Dune&amp;quot; is out", "dune", "Dune"),
        ("Beyonce\u0301 sings", "beyoncé", "Beyonce\u0301"),
        ("now:  Taylor \n Swift!", "taylor swift", "Taylor \n Swift"),
        ("… Straße …", "strasse", "Straße"),
        ("Zen\u200bdaya", "zendaya", "Zen\u200bdaya"),
    ],
)
def test_a_name_found_leads_back_to_what_was_written(text: str, name: str, original: str) -> None:
    normalised = normalise(text)
    start = normalised.text.index(name)
    first, last = normalised.original(start, start + len(name))
    assert text[first:last] == original


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(texts)
def test_offsets_rise_and_stay_within_the_text(text: str) -> None:
    normalised = normalise(text)
    spans = [normalised.original(at, at + 1) for at in range(len(normalised.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    assert [end for _, end in spans] == sorted(end for _, end in spans)


@given(texts, st.sampled_from(["Zendaya", "Beyoncé", "Law & Order", "방탄소년단", "Straße"]), texts)
def test_the_span_of_a_name_covers_the_name_whatever_surrounds_it(before: str, name: str, behind: str) -> None:
    text = f"{before} . {name} . {behind}"
    normalised = normalise(text)
    wanted = normalise(name).text
    places = [at for at in range(len(normalised.text)) if normalised.text.startswith(wanted, at)]
    spans = {normalised.original(at, at + len(wanted)) for at in places}
    start = len(before) + 3
    assert (start, start + len(name)) in spans


@given(texts)
def test_the_fast_ways_say_what_the_long_way_says(text: str) -> None:
    assert normalise(text).text == module._with_offsets(text).text


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_needs_no_table_of_offsets(text: str) -> None:
    if "&" not in text and "`" not in text and text.isprintable() and "  " not in text:
        assert normalise(text) == Normalised(text.lower())


def test_every_character_that_can_compose_with_its_neighbour_is_read_together_with_it() -> None:
    """Unicode's own list: the second half of each canonical pair; else "é" would depend on how the text was cut."""
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(0x110000))
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and not pair[0].startswith("<")}
    starters = {c for c in seconds if unicodedata.normalize("NFC", c) == c}
    assert {c for c in starters if not module._joins(c)} == set()


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    zalgo = "Z" + "\u0301" * 50_000 + "&amp;" * 2_000
    assert len(normalise(zalgo).text) > 50_000
