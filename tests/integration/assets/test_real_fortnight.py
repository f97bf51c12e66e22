"""The main job on 271 real hours: from the upstream's files to the scores in the tables, by the runs of a backfill."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from real_2012 import ALSO_NAMED, MOMENTS, NEAR, busiest_always_present, read_views

from etheatmap_core.hours import HOUR, partition_key
from etheatmap_core.signals.wiki_views import page_title

_RANKED = sa.text("""
    SELECT ts, name, velocity_raw, rank() OVER (PARTITION BY ts ORDER BY velocity_raw DESC NULLS LAST) AS place
    FROM scores JOIN entities ON id = entity_id WHERE model = 'mvp' AND velocity_raw IS NOT NULL""")


def as_name(title: str) -> str:
    return title.replace("_", " ")


def is_article(title: str) -> bool:
    """Whether a roster can name it. Seven of the thirty are no titles but what broken links of 2012 asked for."""
    return not set(title) & set("{}[]|\\") and page_title(title) == as_name(title)


@pytest.mark.realdata
@pytest.mark.formula
def test_the_people_of_the_news_break_out_and_busy_pages_do_not(installation: Installation, realdata: Path) -> None:
    views = read_views(realdata / "wikimedia_dumps")
    busy = [as_name(title) for title in busiest_always_present(views) if is_article(title)]
    assert len(busy) == 23
    roster = [*dict.fromkeys([*map(as_name, MOMENTS), *map(as_name, ALSO_NAMED), *busy])]
    first, last = min(views), max(views)
    installation.track(*roster)
    installation.dumps_url = (realdata / "wikimedia_dumps").as_uri()
    installation.partitions = (first, last + HOUR)
    for asset in ("wiki", "heat_scores"):
        run = installation.run(asset, first, last)
        assert run.failures == []
        assert list(run.made) == [partition_key(first + number * HOUR) for number in range(271)]

    with installation.engine.connect() as connection:
        counts = connection.execute(sa.text("SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM scores)"))
        assert counts.one() == (271 * len(roster) * 2, 271 * len(roster))  # views and views_desktop
        ranked = connection.execute(_RANKED).all()
    for title, moment in MOMENTS.items():
        near = [row for row in ranked if abs(row.ts - moment) <= NEAR]
        assert {row.ts for row in near} >= {
            moment.replace(minute=0) + hour * timedelta(hours=1) for hour in range(-2, 3)
        }
        assert any(row.name == as_name(title) and row.place <= 5 for row in near), title
        loud = {row.name for row in near if row.name in busy and row.velocity_raw >= 2.5}
        assert loud <= {"Whitney Houston"}, moment
