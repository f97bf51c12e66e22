"""GDELT as a source: the four files of an hour, items by address, and the metrics."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from gkg_files import packed, recorded, row
from plans import HOUR, plan_of

from etheatmap_assets.sources.gdelt_gkg import SOURCE
from etheatmap_assets.sources.source import Answer, Question
from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.hours import floor_hour
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.items import Item, counted_hour


def mention(number: int, affect: float = 0.0, **numbers: float) -> CountedMention:
    address = f"https://a.org/{number}"
    return CountedMention(1, HOUR, address, "a.org", address, "A title", None, None, numbers, affect)


def items(body: bytes, key: str = "gkg/30", hour: datetime = HOUR) -> list[Item]:
    return list(SOURCE.parse(Answer(Question(key, "https://data.gdeltproject.org/x"), body, None, hour)).items)


def test_the_files_of_an_hour_are_stamped_with_the_ends_of_its_quarters() -> None:
    base = "https://data.gdeltproject.org/gdeltv2"
    assert [(question.key, question.url) for question in SOURCE.questions(plan_of("gdelt_gkg"))] == [
        ("gkg/15", f"{base}/20261120141500.gkg.csv.zip"),
        ("gkg/30", f"{base}/20261120143000.gkg.csv.zip"),
        ("gkg/45", f"{base}/20261120144500.gkg.csv.zip"),
        ("gkg/00", f"{base}/20261120150000.gkg.csv.zip"),
    ]


def test_an_article_is_known_by_its_address() -> None:
    assert items(packed(row(all_names="Maya Rudolph,7", persons="Maya Rudolph,7"))) == [
        Item(
            item_id="https://variety.com/2026/maya-rudolph-sings",
            channel="variety.com",
            url="https://variety.com/2026/maya-rudolph-sings",
            title="Maya Rudolph Sings",
            names=("Maya Rudolph",),
            published_at=datetime(2026, 11, 20, 14, 15, tzinfo=UTC),
            numbers={"tone": -2.5},
        )
    ]


def test_the_last_file_of_the_hour_is_of_the_hour() -> None:
    body = packed(row(record="20261120150000-1", date="20261120150000"))
    (item,) = items(body, "gkg/00")
    assert counted_hour(item.published_at, HOUR) == HOUR
    with pytest.raises(CorruptCaptureError, match=r"^GDELT's file of 14:45 has '20261120150000' for V2.1DATE"):
        items(body, "gkg/45")


def test_an_article_of_last_week_that_gdelt_finds_now_counts_nowhere() -> None:
    old = "<PAGE_PRECISEPUBTIMESTAMP>20261113080000</PAGE_PRECISEPUBTIMESTAMP>"
    (item,) = items(packed(row(extras=old)))
    assert counted_hour(item.published_at, HOUR) is None


def test_one_address_under_many_records_is_one_item() -> None:
    found = items(packed(row(), row(record="20261120143000-8")))
    assert len({item.item_id for item in found}) == 1


def test_past_hours_can_be_asked_for_and_only_who_is_named_is_kept() -> None:
    assert (SOURCE.is_now_only, SOURCE.keeps, SOURCE.raw_suffix) == (False, "named", ".gkg.csv.zip")


@pytest.mark.parametrize(
    ("mentions", "metrics"),
    [
        ([mention(1, 0.5, tone=-2.0)], {"gkg_mentions": 1, "gkg_tone_avg": -2.0, "affect_sum": 0.5}),
        (
            [mention(1, 0.5, tone=-2.0), mention(2, -0.25, tone=5.0), mention(3)],
            {"gkg_mentions": 3, "gkg_tone_avg": 1.5, "affect_sum": 0.25},
        ),
        ([mention(1)], {"gkg_mentions": 1, "affect_sum": 0.0}),
    ],
)
def test_metrics(mentions: list[CountedMention], metrics: dict[str, float]) -> None:
    assert SOURCE.metrics is not None
    assert SOURCE.metrics(mentions) == metrics


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "stamp", "key"), [("gkg.csv", "20200318104500", "gkg/45"), ("gkgT.csv", "20150218224500", "gkg/45")]
)
def test_recorded_files_become_items(realdata: Path, file: str, stamp: str, key: str) -> None:
    hour = floor_hour(datetime.strptime(f"{stamp} +0000", "%Y%m%d%H%M%S %z"))
    found = items(packed(*recorded(realdata, file)[stamp]), key, hour)
    assert len(found) == 50
    assert all(item.title and item.url == item.item_id for item in found)
