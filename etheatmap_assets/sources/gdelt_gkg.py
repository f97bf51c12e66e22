"""GDELT: which articles of the world's online press name whom, and in what tone, from its Global Knowledge Graph 2.1.

Asked: the four files of the hour. The stamp in a file's name is the END of its quarter of an hour ("the 15 minute
update batch"): all of the 32 pages in recorded files that say when they were published came out before it, the latest
18 minutes before. The files of hour 14 are those of 14:15, 14:30, 14:45 and 15:00.
Comes back: a zip with 27 columns a line. Becomes: an item an article, known by its address and not by its record's
id, because an article must count once: one recorded file has the same address under twelve ids. Only articles that
name somebody tracked are stored. GDELT gives no title before September 2019 and not always since: then the words of
the address stand for it. Signals: ``gkg_mentions``, ``gkg_tone_avg`` and ``affect_sum``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from etheatmap_assets.sources.source import Answer, Parsed, Plan, Question, Source
from etheatmap_core.signals.gkg import QUARTER, GkgArticle, read_gkg
from etheatmap_core.signals.item_store import CountedMention
from etheatmap_core.signals.items import Item

_URL = "https://data.gdeltproject.org/gdeltv2"


def stamps(hour: datetime) -> Mapping[str, datetime]:
    """The stamps of the hour's files by the question's key: ``gkg/15``, ``gkg/30``, ``gkg/45``, ``gkg/00``."""
    ends = [hour + quarters * QUARTER for quarters in range(1, 5)]
    return {f"gkg/{end:%M}": end for end in ends}


def questions(plan: Plan) -> Sequence[Question]:
    """The four files."""
    base = plan.base_url(_URL)
    return [Question(key, f"{base}/{end:%Y%m%d%H%M%S}.gkg.csv.zip") for key, end in stamps(plan.hour).items()]


def parse(answer: Answer) -> Parsed:
    """The articles of one file."""
    stamp = stamps(answer.hour)[answer.question.key]
    return Parsed([_item(article) for article in read_gkg(answer.body, stamp, f"GDELT's file of {stamp:%H:%M}")])


def metrics(mentions: Sequence[CountedMention]) -> Mapping[str, float]:
    """The mean of the tones that GDELT gives, and none where it gives none."""
    tones = [mention.numbers["tone"] for mention in mentions if "tone" in mention.numbers]
    counts = {"gkg_mentions": float(len(mentions)), "affect_sum": sum(mention.affect for mention in mentions)}
    return {**counts, "gkg_tone_avg": sum(tones) / len(tones)} if tones else counts


def _item(article: GkgArticle) -> Item:
    return Item(
        item_id=article.url,
        channel=article.outlet,
        url=article.url,
        title=article.title,
        author=article.author,
        names=article.names,
        published_at=article.published_at,
        numbers={} if article.tone is None else {"tone": article.tone},
    )


SOURCE = Source(
    name="gdelt_gkg",
    description="Articles of the world's online press by GDELT: who is named, in what tone.",
    kinds=frozenset({"gdelt", "postgres"}),
    questions=questions,
    parse=parse,
    metrics=metrics,
    is_now_only=False,
    keeps="named",
    raw_suffix=".gkg.csv.zip",
)
