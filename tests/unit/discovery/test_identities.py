"""What a name is: by its article, its item, and where these do not say by words; or why it is none of them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.discovery.candidates import Identity, Sighting, merged
from etheatmap_core.discovery.identities import (
    Resolved,
    State,
    identity_url,
    is_askable,
    items_url,
    resolved,
    resolved_by_spikes,
    wanted_items,
)
from etheatmap_core.discovery.kinds import Kind, of_classes, of_words
from etheatmap_core.entities.roster_facts import Item, Pages, parse_wikidata, parse_wikipedia
from etheatmap_core.signals.wiki_views import page_title

HOUR = datetime(2026, 11, 20, 15, tzinfo=UTC)


def pages_of(*pages: dict[str, object], redirects: Sequence[dict[str, str]] = ()) -> Pages:
    """An answer of Wikipedia, read as such."""
    body = {"batchcomplete": True, "query": {"redirects": list(redirects), "pages": list(pages)}}
    read = Pages()
    read.add([parse_wikipedia(json.dumps(body).encode())])
    return read


def page(title: str, item: str | None = None, description: str = "", **more: object) -> dict[str, object]:
    told: dict[str, object] = {"title": title, "pageprops": {"wikibase_item": item} if item else {}}
    return {**told, **({"description": description} if description else {}), **more}


def item(wiki_id: str, *kinds: str, occupations: Sequence[str] = (), description: str = "") -> Item:
    return Item(wiki_id, (), kinds, tuple(occupations), description)


def told(name: str, pages: Pages, *items: Item) -> Resolved:
    found = resolved(name, pages, {one.wiki_id: one for one in items})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("known", "type_", "category"),
    [
        pytest.param(item("Q1", "Q5", occupations=["Q177220"]), "person", "music", id="a singer"),
        pytest.param(
            item("Q1", "Q5", occupations=["Q82955", "Q33999"]), "person", "film", id="the first that is known"
        ),
        pytest.param(item("Q1", "Q5", description="American politician"), "person", None, id="no category of ours"),
        pytest.param(item("Q1", "Q5", description="Irish comedian"), "person", "comedy", id="a category by words"),
        pytest.param(item("Q1", "Q215380"), "person", "music", id="a band"),
        pytest.param(item("Q1", "Q11424"), "project", "film", id="a film"),
        pytest.param(item("Q1", "Q5398426"), "project", "tv", id="a series"),
        pytest.param(item("Q1", "Q4504495"), "event", "awards", id="a ceremony"),
        pytest.param(item("Q1", "Q132241"), "event", "festival", id="a festival"),
        pytest.param(
            item("Q1", "Q999999", description="2026 film by a singer"), "project", "film", id="by words alone"
        ),
    ],
)
def test_wikidata_says_what_it_is_and_words_where_it_does_not(known: Item, type_: str, category: str | None) -> None:
    found = told("Nova Quill", pages_of(page("Nova Quill", "Q1")), known)
    assert found.identity is not None
    assert (found.state, found.identity.type, found.identity.category) == (State.KNOWN, type_, category)
    assert found.identity.keys == ("Q1", "Nova Quill")


@pytest.mark.parametrize(
    ("title", "description", "kind"),
    [
        ("Nova Quill (singer)", "", Kind("person", "music")),
        ("Nova Quill (2026 film)", "", Kind("project", "film")),
        ("Nova Quill", "American film director", Kind("person", "film")),
        ("Nova Quill", "song by the American singer Ray", Kind("project", "music")),
        ("Nova Quill", "British television series", Kind("project", "tv")),
        ("Nova Quill", "English footballer (born 1999)", Kind("person", "sports")),
        ("Nova Quill", "film festival in France", Kind("event", "festival")),
        ("Nova Quill", "city in Texas, United States", None),
        ("Nova Quill", "species of beetle", None),
        ("Nova Quill", "film character", None),
        ("Nova Quill", "American record label", None),
        ("Nova Quill", "", None),
    ],
)
def test_the_head_of_a_description_says_what_it_is(title: str, description: str, kind: Kind | None) -> None:
    assert of_words(title, description) == kind


@pytest.mark.parametrize(
    ("name", "pages", "items", "state", "reason"),
    [
        pytest.param("Zorblax", pages_of({"title": "Zorblax", "missing": True}), (), State.NOT_FOUND,
                     "no article 'Zorblax'", id="nobody wrote it"),
        pytest.param("Ray", pages_of({"title": "Ray", "pageprops": {"disambiguation": ""}}), (), State.AMBIGUOUS,
                     "several meanings", id="a list of meanings"),
        pytest.param("Ray", pages_of(page("Ray", "Q1")), (item("Q1", "Q4167410"),), State.AMBIGUOUS,
                     "several meanings", id="a list of meanings by its item"),
        pytest.param("Paris", pages_of(page("Paris", "Q90")), (item("Q90", "Q515", description="city in France"),),
                     State.NO_ENTITY, "instance of Q515", id="a place"),
        pytest.param("2012", pages_of(page("2012")), (), State.NO_ENTITY, "is a date", id="a year"),
        pytest.param("Ray's Child",
                     pages_of(page("Ray", "Q1"),
                              redirects=[{"from": "Ray's Child", "to": "Ray", "tofragment": "Life"}]),
                     (item("Q1", "Q5"),), State.NO_ENTITY, "a part of 'Ray'", id="a part of an article"),
    ],
)  # fmt: skip
def test_what_is_no_entity_is_told_why(
    name: str, pages: Pages, items: Sequence[Item], state: State, reason: str
) -> None:
    found = told(name, pages, *items)
    assert found.state is state
    assert reason in found.reason


def test_a_redirect_leads_to_the_one_identity() -> None:
    pages = pages_of(page("Nova Quill", "Q1"), redirects=[{"from": "Novie Q", "to": "Nova Quill"}])
    human = item("Q1", "Q5", occupations=["Q177220"], description="singer")
    known = {name: told(name, pages, human) for name in ("Novie Q", "Nova Quill")}
    assert known["Novie Q"].identity == known["Nova Quill"].identity
    seen = [Sighting("Novie Q", "reddit", HOUR), Sighting("Nova Quill", "wiki", HOUR, 4.0)]
    [candidate] = merged(seen, resolved_by_spikes(known, ()))
    assert candidate.sightings[0].source == "reddit"


def test_without_wikidatas_answer_nothing_is_decided() -> None:
    pages = pages_of(page("Nova Quill", "Q1"))
    assert resolved("Nova Quill", pages, {}) is None
    assert wanted_items(["Nova Quill", "Nobody Asked"], pages) == {"Q1"}


def test_the_questions_name_all_that_is_wanted() -> None:
    asked = parse_qs(urlsplit(identity_url("https://en.wikipedia.org", ["A|B", "C"][1:], {})).query)
    assert (asked["titles"], asked["prop"], asked["redirects"]) == (["C"], ["pageprops|description"], ["1"])
    assert parse_qs(urlsplit(items_url("https://www.wikidata.org", ["Q1", "Q2"])).query)["ids"] == ["Q1|Q2"]


def test_wikidatas_answer_tells_occupations_and_description() -> None:
    def points(to: str) -> dict[str, object]:
        value = {"snaktype": "value", "datavalue": {"value": {"id": to}}}
        return {"mainsnak": value, "rank": "normal"}

    entity = {
        "id": "Q1", "labels": {}, "aliases": {}, "descriptions": {"en": {"language": "en", "value": "singer"}},
        "claims": {"P31": [points("Q5")], "P106": [points("Q177220"), points("Q33999")]},
    }  # fmt: skip
    read = parse_wikidata(json.dumps({"entities": {"Q1": entity}}).encode())["Q1"]
    assert read == Item("Q1", (), ("Q5",), ("Q177220", "Q33999"), "singer")
    assert of_classes(read.kinds, read.occupations) == Kind("person", "music")


@pytest.mark.parametrize("name", ["Main Page", "List of films", "2012", "Special:Random", "a|b", "x" * 256, ""])
def test_what_can_be_no_article_is_not_asked_for(name: str) -> None:
    assert not is_askable(name)


def _known(title: str, state: State) -> Resolved:
    identity = Identity(title, type="person", is_disambiguation=state is State.AMBIGUOUS)
    return Resolved(title, state, identity, (), "wikipedia", "")


_NAMES = st.sampled_from(["Ray", "Ray (actor)", "Ray (film)", "Rays", "Nova Quill"])


@given(st.dictionaries(_NAMES, st.sampled_from(State)), st.sets(_NAMES))
def test_a_name_of_several_meanings_is_resolved_to_the_only_one_that_spikes(
    states: dict[str, State], spiking: set[str]
) -> None:
    known = {name: _known(name, state) for name, state in states.items()}
    found = resolved_by_spikes(known, spiking)
    assert set(found) == {name for name, state in states.items() if state in (State.KNOWN, State.AMBIGUOUS)}
    meanings = {name for name in spiking if name.startswith("Ray (") and states.get(name) is State.KNOWN}
    if states.get("Ray") is State.AMBIGUOUS:
        assert found["Ray"].is_disambiguation == (len(meanings) != 1)
        assert found["Ray"].title in meanings | {"Ray"}


@given(st.permutations(range(6)), st.lists(_NAMES, min_size=6, max_size=6))
def test_one_identity_is_one_candidate_whatever_the_order(order: Sequence[int], names: Sequence[str]) -> None:
    known = {page_title(name): Identity("Ray (actor)", "Q1") for name in ("Ray", "Ray (actor)", "Rays")}
    seen = [Sighting(name, "reddit", HOUR) for name in names]
    found = merged([seen[at] for at in order], known)
    assert found == merged(seen, known)
    assert len(found) == (1 if {"Ray", "Ray (actor)", "Rays"} & set(names) else 0)
