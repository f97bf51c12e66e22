"""Which of several meanings a name has, by the words around it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.kinds import Kind
from etheatmap_core.discovery.meanings import Meaning, meanings_of, meant_by, parse_links
from etheatmap_core.entities.roster_facts import Part

ACTOR = Meaning("Ray (actor)", "Q1", "American actor", Kind("person", "film"))
SINGER = Meaning("Ray (singer)", "Q2", "Irish singer", Kind("person", "music"))
FILM = Meaning("Ray (film)", "Q3", "2004 film about a musician", Kind("project", "film"))


@pytest.mark.parametrize(
    ("meanings", "texts", "meant"),
    [
        pytest.param([ACTOR, SINGER], ["the new album of Ray", "lyrics by Ray are out"], SINGER, id="cues of its kind"),
        pytest.param([ACTOR, SINGER], ["Ray, the singer, left", "a singer named Ray"], SINGER, id="its own words"),
        pytest.param([ACTOR, SINGER], ["the new album of Ray"], None, id="one text is hardly anything"),
        pytest.param([ACTOR, SINGER], ["the album of Ray"] * 3, None, id="one text thrice is one"),
        pytest.param([ACTOR, SINGER], ["an album of Ray", "lyrics by Ray", "the screenplay of Ray"], None, id="of two"),
        pytest.param([ACTOR, SINGER], ["Ray was interviewed", "Ray married"], None, id="what both do"),
        pytest.param([], ["the new album of Ray", "lyrics by Ray"], None, id="no meanings"),
    ],
)
def test_only_words_that_one_meaning_alone_has_count(
    meanings: list[Meaning], texts: list[str], meant: Meaning | None
) -> None:
    assert meant_by("Ray", meanings, texts) == meant


_TEXTS = st.lists(st.sampled_from(["an album of Ray", "lyrics by Ray", "a screenplay of Ray", "Ray the actor", "hm"]))


@given(st.permutations([ACTOR, SINGER, FILM]), _TEXTS)
def test_no_order_matters(meanings: list[Meaning], texts: list[str]) -> None:
    shuffled = sorted(texts, key=lambda text: text[::-1])
    assert meant_by("Ray", meanings, shuffled) == meant_by("Ray", [ACTOR, SINGER, FILM], texts)


def test_a_page_of_meanings_lists_articles_of_that_name_that_are_entities() -> None:
    pages = [
        {"title": "Ray (actor)", "pageprops": {"wikibase_item": "Q1"}, "description": "American actor"},
        {"title": "Ray (fish)", "pageprops": {"wikibase_item": "Q9"}, "description": "species of fish"},
        {"title": "Raymond", "pageprops": {"wikibase_item": "Q8"}, "description": "Irish singer"},
        {"title": "Ray (nobody)", "missing": True},
    ]
    part = parse_links(json.dumps({"batchcomplete": True, "query": {"pages": pages}}).encode())
    assert meanings_of("Ray", [part]) == (ACTOR,)
    assert ACTOR.identity.keys == ("Q1", "Ray (actor)")


def test_a_page_without_links_is_not_broken() -> None:
    assert parse_links(b'{"batchcomplete": true}') == Part({}, {}, {}, {})
