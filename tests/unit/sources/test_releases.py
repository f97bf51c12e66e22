"""Publication dates of Wikidata: which of several is the release, what follows for a day, and what is refused.

No recording of wbgetentities with P577 is at hand: the answers are built after
https://www.wikidata.org/wiki/Special:EntityData/Q42.json and https://www.wikidata.org/wiki/Help:Dates.
"""

import json
from datetime import date
from typing import Any

import pytest

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.releases import (
    Release,
    Stated,
    anticipation,
    parse_releases,
    release_metrics,
    release_of,
    releases_url,
)

DAY = date(2026, 11, 19)


def claim(time: str, precision: int = 11, place: str | None = None, rank: str = "normal") -> dict[str, Any]:
    value = {"time": time, "timezone": 0, "before": 0, "after": 0, "precision": precision}
    told: dict[str, Any] = {
        "mainsnak": {"snaktype": "value", "property": "P577", "datavalue": {"value": value, "type": "time"}},
        "type": "statement",
        "rank": rank,
    }
    if place is not None:
        snak = {"snaktype": "value", "datavalue": {"value": {"entity-type": "item", "id": place}}}
        told["qualifiers"] = {"P291": [snak]}
    return told


def answer(*claims: Any, **entities: Any) -> bytes:
    item = {"type": "item", "id": "Q1", "claims": {"P577": list(claims)}}
    return json.dumps({"entities": entities or {"Q1": item}, "success": 1}).encode()


def of(*claims: Any) -> Release:
    return release_of(parse_releases(answer(*claims))["Q1"])


def test_it_is_asked_by_ids_for_claims_alone() -> None:
    assert releases_url("https://www.wikidata.org", ["Q1", "Q2"]) == (
        "https://www.wikidata.org/w/api.php?action=wbgetentities&ids=Q1%7CQ2&props=claims&format=json&formatversion=2"
    )


def test_a_date_has_its_place_and_its_rank() -> None:
    stated = parse_releases(answer(claim("+2026-12-18T00:00:00Z", place="Q30", rank="preferred")))["Q1"]
    assert stated == (Stated(date(2026, 12, 18), "2026-12-18", "Q30", is_preferred=True),)


HOME_LATER = claim("+2026-12-18T00:00:00Z", place="Q30")
LONDON_FIRST = claim("+2026-12-01T00:00:00Z", place="Q145")
NOWHERE = claim("+2026-12-10T00:00:00Z")


@pytest.mark.parametrize(
    ("claims", "day"),
    [
        ([LONDON_FIRST, NOWHERE, HOME_LATER], "2026-12-18"),
        ([LONDON_FIRST, NOWHERE], "2026-12-10"),
        ([LONDON_FIRST], "2026-12-01"),
        ([HOME_LATER, claim("+2026-12-16T00:00:00Z", place="Q30")], "2026-12-16"),
        ([HOME_LATER, claim("+2027-02-05T00:00:00Z", rank="preferred")], "2027-02-05"),
        ([HOME_LATER, claim("+2026-01-01T00:00:00Z", place="Q30", rank="deprecated")], "2026-12-18"),
        # A day says more than a year, whatever its rank.
        ([claim("+2027-00-00T00:00:00Z", 9, "Q30", "preferred"), LONDON_FIRST], "2026-12-01"),
    ],
)
def test_the_release_is_the_first_at_home_else_without_a_place_else_anywhere(claims: list[Any], day: str) -> None:
    assert of(*claims) == Release(date.fromisoformat(day), day)


@pytest.mark.parametrize(
    ("claims", "spelled"),
    [
        ([claim("+2027-00-00T00:00:00Z", 9)], "2027"),
        ([claim("+2027-01-01T00:00:00Z", 9)], "2027"),  # older statements spell a year so
        ([claim("+2027-05-00T00:00:00Z", 10), claim("+2027-00-00T00:00:00Z", 9)], "2027-05"),
        ([claim("+2030-00-00T00:00:00Z", 8)], ""),  # a decade
        ([{"mainsnak": {"snaktype": "somevalue", "property": "P577"}, "rank": "normal"}], ""),
        ([], ""),
    ],
)
def test_a_month_or_a_year_is_no_day_and_gives_no_number(claims: list[Any], spelled: str) -> None:
    release = of(*claims)
    assert release == Release(None, spelled)
    assert release_metrics(release, DAY) == {}


def test_who_has_no_item_and_who_was_merged_are_known_by_the_id_that_was_asked_for() -> None:
    item = {"id": "Q2", "redirects": {"from": "Q7", "to": "Q2"}, "claims": {"P577": [NOWHERE]}}
    found = parse_releases(answer(Q1={"id": "Q1", "missing": ""}, Q2=item, Q3={"id": "Q3", "claims": []}))
    assert (found["Q1"], found["Q3"]) == ((), ())
    assert found["Q7"] == found["Q2"] != ()


@pytest.mark.parametrize(
    ("days", "score"), [(0, 1.0), (30, 0.5), (60, 0.25), (365, 0.00021769)]
)  # fmt: skip
def test_anticipation_halves_every_thirty_days(days: int, score: float) -> None:
    assert anticipation(days) == pytest.approx(score, rel=1e-3)


@pytest.mark.parametrize(
    ("release", "metrics"),
    [
        ("2026-12-19", {"days_until_release": 30.0, "anticipation_score": 0.5}),
        ("2026-11-19", {"days_until_release": 0.0, "anticipation_score": 1.0}),
        ("2026-11-18", {}),  # out: nobody waits for it
    ],
)
def test_the_metrics_of_a_day(release: str, metrics: dict[str, float]) -> None:
    assert release_metrics(Release(date.fromisoformat(release), release), DAY) == metrics


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "Wikidata's answer about releases is no JSON"),
        (b'{"error": {"code": "maxlag", "info": "slow"}}', "is an error: maxlag, slow"),
        (b'{"Entities": {}}', "has no 'entities' as expected: only Entities"),
        (answer(Q1=7), "has no object for 'Q1' in 'entities'"),
        (answer(Q1={"id": "Q1"}), "has no 'claims' as expected: only id"),
        (answer({"main": {}}), "has no 'mainsnak' as expected: only main"),
        (answer({"mainsnak": {}}), "has no text 'rank' where it is expected: only mainsnak"),
        (
            answer({**NOWHERE, "qualifier": {"P291": []}}),
            "has no 'qualifiers' anywhere, but 'qualifier', which nobody knows: it may be renamed",
        ),
        (answer(claim("+2026-02-30T00:00:00Z")), "has the date '2026-02-30', which does not exist"),
        (answer({**NOWHERE, "mainsnak": {"snaktype": "value"}}), "has no 'datavalue' as expected"),
        (
            answer({**NOWHERE, "mainsnak": {"snaktype": "value", "datavalue": {"value": {"precision": 11}}}}),
            "has no text 'time' where it is expected",
        ),
    ],
)
def test_an_answer_that_is_not_what_it_claims_to_be_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(CorruptCaptureError, match=told):
        parse_releases(body)


def renamed(value: Any, field: str) -> Any:
    """The same with a field of every object under another name."""
    if isinstance(value, list):
        return [renamed(one, field) for one in value]
    if not isinstance(value, dict):
        return value
    return {f"{name}_v2" if name == field else name: renamed(one, field) for name, one in value.items()}


def fields(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {*(value if isinstance(value, dict) else ()), *(name for one in inner for name in fields(one))}


WHOLE = json.loads(answer(HOME_LATER, LONDON_FIRST))
# Ids of items and properties: which of them an item has is what it says.
IDS = {"Q1", "P577", "P291"}
UNREAD = {"success", "type", "timezone", "before", "after", "entity-type", "property"}


@pytest.mark.parametrize("field", sorted(fields(WHOLE) - IDS))
def test_a_renamed_field_is_an_error_that_names_it_unless_it_is_not_read(field: str) -> None:
    before = parse_releases(json.dumps(WHOLE).encode())
    spoilt = json.dumps(renamed(WHOLE, field)).encode()
    if field in UNREAD:
        assert parse_releases(spoilt) == before
        return
    with pytest.raises(CorruptCaptureError, match=f"'{field}'"):
        parse_releases(spoilt)
