"""What Wikipedia and Wikidata answer, and what it says about an entity.

No recording of these two questions exists; the answers here are built as the public documentation shows them
(API:Query and API:Redirects on mediawiki.org, wbgetentities), and the simulator's are checked in the integration tests.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.entities.roster_facts import (
    Facts,
    Hop,
    Item,
    Page,
    Pages,
    facts_about,
    id_batches,
    parse_wikidata,
    parse_wikipedia,
    question_key,
    title_batches,
    wikipedia_url,
)
from etheatmap_core.errors import CorruptCaptureError

YE = {
    "pageid": 523032,
    "ns": 0,
    "title": "Kanye West",
    "pageprops": {"wikibase_item": "Q15935"},
    "redirects": [
        {"pageid": 1, "ns": 0, "title": "Kanye"},
        {"pageid": 2, "ns": 0, "title": "Kanye Omari West"},
        {"pageid": 3, "ns": 0, "title": "Ye (rapper)"},
    ],
}
MOVED = {
    "batchcomplete": True,
    "query": {
        "normalized": [{"fromencoded": False, "from": "ye_(rapper)", "to": "Ye (rapper)"}],
        "redirects": [{"from": "Ye (rapper)", "to": "Kanye West"}],
        "pages": [YE],
    },
}


def answer(*pages: Any, redirects: list[dict[str, str]] | None = None, **more: Any) -> bytes:
    query = {"pages": list(pages), **({"redirects": redirects} if redirects else {})}
    return json.dumps({"batchcomplete": True, "query": query} | more).encode()


def page(title: str, **more: Any) -> dict[str, Any]:
    return {"pageid": 7, "ns": 0, "title": title} | more


def pages_of(*bodies: bytes) -> Pages:
    pages = Pages()
    pages.add([parse_wikipedia(body) for body in bodies])
    return pages


def told(name: str, title: str, *bodies: bytes, curated_id: str | None = None, items: Any = None) -> Any:
    return facts_about(name, title, curated_id, pages_of(*bodies), items or {})


def claim(item: str, **changed: Any) -> dict[str, Any]:
    value = {"value": {"entity-type": "item", "id": item}, "type": "wikibase-entityid"}
    return {"mainsnak": {"snaktype": "value", "property": "P31", "datavalue": value}, "rank": "normal"} | changed


def wikidata(**entities: Any) -> bytes:
    return json.dumps({"entities": entities, "success": 1}).encode()


def item(wiki_id: str, label: str = "Maya Rudolph", *aliases: str, kinds: tuple[str, ...] = ("Q5",)) -> dict[str, Any]:
    return {
        "type": "item",
        "id": wiki_id,
        "labels": {"en": {"language": "en", "value": label}},
        "aliases": {"en": [{"language": "en", "value": alias} for alias in aliases]},
        "claims": {"P31": [claim(kind) for kind in kinds]},
    }


TITLES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=255)


class TestWikipedia:
    def test_a_moved_article_is_where_its_old_title_leads(self) -> None:
        facts, problem = told("Ye", "ye_(rapper)", json.dumps(MOVED).encode())
        assert problem is None
        assert facts == Facts(
            current_title="Kanye West",
            moved_from=("Ye (rapper)",),
            redirects=("Kanye", "Kanye Omari West"),
            found_id="Q15935",
        )
        assert list(facts.names()) == [
            ("moved", "Ye (rapper)"), ("redirect", "Kanye"), ("redirect", "Kanye Omari West"),
        ]  # fmt: skip

    def test_an_article_that_stays_where_it_is_has_not_moved(self) -> None:
        facts, problem = told("Maya Rudolph", "Maya Rudolph", answer(page("Maya Rudolph")))
        assert (facts, problem) == (Facts(current_title=None), None)

    def test_two_moves_in_a_row_are_followed(self) -> None:
        redirects = [{"from": "A", "to": "B"}, {"from": "B", "to": "C"}]
        facts, _ = told("A", "A", answer(page("C"), redirects=redirects))
        assert (facts.current_title, facts.moved_from) == ("C", ("A",))

    def test_titles_that_lead_in_a_circle_have_no_article(self) -> None:
        redirects = [{"from": "A", "to": "B"}, {"from": "B", "to": "A"}]
        assert told("A", "A", answer(page("C"), redirects=redirects))[0] is None

    @pytest.mark.parametrize(
        ("title", "body", "problem"),
        [
            ("Maya", answer(page("Maya", missing=True)), "Maya: Wikipedia has no article 'Maya'; set its wiki_title"),
            (
                "a|b",
                answer({"title": "A|b", "invalid": True}),
                "Maya: Wikipedia has no article 'a|b'; set its wiki_title",
            ),
            (
                "Maya",
                answer(page("Maya", pageprops={"disambiguation": "", "wikibase_item": "Q1"})),
                "Maya: 'Maya' is a disambiguation page; set wiki_title to the article meant",
            ),
            (
                "Maya",
                answer(page("The Simpsons"), redirects=[{"from": "Maya", "to": "The Simpsons", "tofragment": "Cast"}]),
                "Maya: 'Maya' leads to a part of 'The Simpsons', it has no article of its own",
            ),
            (
                "Fr:Maya",
                answer(page("Other"), interwiki=[{"title": "Fr:Maya", "iw": "fr"}]),
                "Maya: Wikipedia knows no page 'Fr:Maya' of its own; set its wiki_title",
            ),
        ],
    )
    def test_who_has_no_article_of_their_own_is_named(self, title: str, body: bytes, problem: str) -> None:
        assert told("Maya", title, body) == (None, problem)

    def test_another_id_than_the_curated_one_is_named_and_the_curated_one_counts(self) -> None:
        body = answer(page("Wicked", pageprops={"wikibase_item": "Q2"}))
        items = parse_wikidata(wikidata(Q1=item("Q1", "Wicked (film)")))
        facts, problem = told("Wicked", "Wicked", body, curated_id="Q1", items=items)
        assert problem == "Wicked: wiki_id is Q1, but the article 'Wicked' is Q2; correct one"
        assert (facts.found_id, facts.item.wiki_id) == (None, "Q1")

    def test_the_redirects_of_a_page_may_be_spread_over_answers(self) -> None:
        first = answer(
            page("A", pageprops={"wikibase_item": "Q1"}, redirects=[{"title": "A1"}]), page("B"),
        )  # fmt: skip
        unfinished = json.loads(first)
        del unfinished["batchcomplete"]
        unfinished["continue"] = {"rdcontinue": "0|77", "continue": "||pageprops"}
        rest = answer(page("A", redirects=[{"title": "A2"}]), page("B", redirects=[{"title": "B1"}]))
        part = parse_wikipedia(json.dumps(unfinished).encode())
        assert part.go_on == {"rdcontinue": "0|77", "continue": "||pageprops"}
        pages = Pages()
        pages.add([part, parse_wikipedia(rest)])
        assert pages.pages == {
            "A": Page("A", wiki_id="Q1", redirects=("A1", "A2")),
            "B": Page("B", redirects=("B1",)),
        }

    def test_of_two_answers_about_a_title_the_later_counts(self) -> None:
        pages = pages_of(answer(page("A", redirects=[{"title": "Old"}])))
        pages.add([parse_wikipedia(answer(page("A", redirects=[{"title": "New"}])))])
        assert pages.find("A") == ([], Page("A", redirects=("New",)))

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            (b"", "is no JSON"),
            (json.dumps(MOVED).encode()[:-20], "is no JSON"),
            (json.dumps(MOVED, ensure_ascii=False).replace("Kanye", "Ké").encode("latin-1"), "is no JSON"),
            (b"<!DOCTYPE html><title>Wikimedia Error</title>", "is no JSON"),
            (b"[]", "is no JSON object"),
            (b'{"error": {"code": "ratelimited", "info": "slow down"}}', "is an error: ratelimited, slow down"),
            (b'{"batchcomplete": true, "Query": {}}', "has no 'query' as expected: only batchcomplete, Query"),
            (b'{"query": {"pages": []}}', "has neither 'continue' nor 'batchcomplete'"),
            (b'{"batchcomplete": true, "query": {"pages": {"7": {"title": "A"}}}}', "has no 'pages' as expected"),
            (answer({"ns": 0, "name": "A"}), "has no text 'title' where it is expected: only ns, name"),
            (answer(page("A", redirects=[{"pageid": 7}])), "has no text 'title' where it is expected: only pageid"),
            (answer(page("A"), redirects=[{"from": "B", "into": "A"}]), "has no text 'to' where it is expected"),
            (answer(page("A", pageprops=[])), "has a 'pageprops' of 'A' that is no object"),
        ],
    )
    def test_an_answer_that_is_not_what_it_claims_to_be_is_refused(self, body: bytes, told: str) -> None:
        with pytest.raises(CorruptCaptureError, match=told):
            parse_wikipedia(body)


class TestWikidata:
    def test_names_and_kinds_each_once(self) -> None:
        entity = item("Q233832", "Maya Rudolph", "Maya Khabira Rudolph", "Maya Rudolph", " ", kinds=("Q5", "Q5"))
        assert parse_wikidata(wikidata(Q233832=entity)) == {
            "Q233832": Item("Q233832", ("Maya Rudolph", "Maya Khabira Rudolph"), ("Q5",))
        }

    def test_an_item_without_english_names_or_kinds(self) -> None:
        bare = {"type": "item", "id": "Q1", "labels": [], "aliases": {}, "claims": []}
        assert parse_wikidata(wikidata(Q1=bare)) == {"Q1": Item("Q1", (), ())}

    def test_unknown_and_withdrawn_kinds_are_left_out(self) -> None:
        entity = item("Q1")
        entity["claims"]["P31"] = [
            {"mainsnak": {"snaktype": "somevalue", "property": "P31"}, "rank": "normal"},
            claim("Q11424", rank="deprecated"),
            claim("Q5398426"),
        ]
        [(_, found)] = parse_wikidata(wikidata(Q1=entity)).items()
        assert found is not None
        assert found.kinds == ("Q5398426",)

    def test_a_merged_item_answers_for_the_one_asked_for(self) -> None:
        merged = item("Q2") | {"redirects": {"from": "Q1", "to": "Q2"}}
        assert {id_: found and found.wiki_id for id_, found in parse_wikidata(wikidata(Q1=merged)).items()} == {
            "Q1": "Q2", "Q2": "Q2",
        }  # fmt: skip

    def test_an_id_without_item_is_known_to_have_none_and_named(self) -> None:
        items = parse_wikidata(wikidata(Q1={"id": "Q1", "missing": ""}))
        assert items == {"Q1": None}
        _, problem = told("Maya", "Maya", answer(page("Maya")), curated_id="Q1", items=items)
        assert problem == "Maya: Wikidata has no item Q1; correct wiki_id"

    def test_an_item_that_was_not_answered_is_no_problem(self) -> None:
        facts, problem = told("Maya", "Maya", answer(page("Maya")), curated_id="Q1")
        assert (facts.item, problem) == (None, None)

    def test_a_page_that_is_an_item_of_disambiguation_has_no_article(self) -> None:
        items = parse_wikidata(wikidata(Q1=item("Q1", "Maya", kinds=("Q4167410",))))
        facts, problem = told("Maya", "Maya", answer(page("Maya", pageprops={"wikibase_item": "Q1"})), items=items)
        assert (facts, problem) == (None, "Maya: 'Maya' is a disambiguation page; set wiki_title to the article meant")

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            (b"", "is no JSON"),
            (wikidata(Q1=item("Q1"))[:-30], "is no JSON"),
            (b"<html>502 Bad Gateway</html>", "is no JSON"),
            (b'{"error": {"code": "no-such-entity", "info": "none"}}', "is an error: no-such-entity, none"),
            (b'{"success": 1}', "has no 'entities' as expected: only success"),
            (wikidata(Q1="x"), "has no object for 'Q1' in 'entities'"),
            (wikidata(Q1={"id": "Q1", "labels": {}, "aliases": {}}), "has no 'claims' as expected"),
            (wikidata(Q1=item("Q1") | {"label": {}, "labels": None}), "has no 'labels' as expected"),
            (wikidata(Q1=item("")), "has no text 'id' where it is expected"),
            (
                wikidata(Q1=item("Q1") | {"claims": {"P31": [{"rank": "normal", "snak": {}}]}}),
                "has no 'mainsnak' as expected: only rank, snak",
            ),
        ],
    )
    def test_an_answer_that_is_not_what_it_claims_to_be_is_refused(self, body: bytes, told: str) -> None:
        with pytest.raises(CorruptCaptureError, match=told):
            parse_wikidata(body)


class TestQuestions:
    def test_what_is_asked_of_wikipedia(self) -> None:
        url = urlsplit(wikipedia_url("https://en.wikipedia.org", ["A & B", "É"], {"rdcontinue": "0|7"}))
        assert (url.netloc, url.path) == ("en.wikipedia.org", "/w/api.php")
        asked = {name: value for name, [value] in parse_qs(url.query).items()}
        assert (asked["titles"], asked["rdcontinue"], asked["rdshow"]) == ("A & B|É", "0|7", "!fragment")

    def test_the_same_titles_are_the_same_question(self) -> None:
        assert question_key("wikipedia", ["A", "B"]) == question_key("wikipedia", ("A", "B"))
        assert question_key("wikipedia", ["A", "B"]) != question_key("wikipedia", ["A"])

    @given(
        titles=st.lists(
            st.text(min_size=1, max_size=255).filter(
                lambda t: t.encode("utf-8", "ignore") == t.encode("utf-8", "replace")
            ),
            max_size=130,
        )
    )
    def test_every_title_is_asked_for_once_and_no_address_is_too_long(self, titles: list[str]) -> None:
        asked = title_batches(titles)
        assert [title for batch in asked for title in batch] == titles
        assert all(1 <= len(batch) <= 50 for batch in asked)
        assert all(
            len(batch) == 1 or len(wikipedia_url("https://en.wikipedia.org", batch, {})) < 8000 for batch in asked
        )

    @given(ids=st.lists(st.integers(1, 10**9).map(lambda number: f"Q{number}"), max_size=70))
    def test_every_id_is_asked_for_once(self, ids: list[str]) -> None:
        asked = id_batches(ids)
        assert [one for batch in asked for one in batch] == ids
        assert all(1 <= len(batch) <= 20 for batch in asked)

    def test_hops_are_told_with_their_part(self) -> None:
        hops = [{"from": "A", "to": "B", "tofragment": "Cast"}, {"from": "C", "to": "B"}]
        assert parse_wikipedia(answer(page("B"), redirects=hops)).hops == {"A": Hop("B", "Cast"), "C": Hop("B", None)}
