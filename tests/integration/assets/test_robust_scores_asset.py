"""robust_scores through Dagster, on a hundred collected hours: beside heat_scores, with the same bytes again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from installation import Installation, at, history_dump, maya_views, packed

from etheatmap_core.hours import HOUR, partition_key

FIRST, LAST = at(97), at(99)
HOURS = [at(number) for number in range(97, 100)]


@pytest.fixture
def with_people(history: Installation) -> Installation:
    """Half of Maya Rudolph's readers in the hours of her rise have a telephone, as people do."""
    for number in range(84, 100):
        views = maya_views(number)
        page = {"Maya_Rudolph": views // 2, "Main_Page": 3}
        history.publish(at(number), packed(page, page))
    history.run("wiki", at(84), LAST, config={"ask_again": True})
    return history


def test_a_range_is_scored_beside_mvp_and_again_the_same(with_people: Installation) -> None:
    history = with_people
    history.run("heat_scores", FIRST, LAST)
    of_mvp = history.rows("scores")
    run = history.run("robust_scores", FIRST, LAST)
    assert run.failures == []
    assert list(run.made) == [partition_key(hour) for hour in HOURS]
    assert set(run.checks.values()) == {True}
    assert {"velocity_follows_strength", "every_source_is_told_of", "no_duplicates"} <= run.checks.keys()
    for hour in HOURS:
        metadata = run.made[partition_key(hour)]
        assert metadata["lag_seconds"] == (history.now - hour - HOUR).total_seconds()
        assert (metadata["dagster/partition_row_count"], metadata["hours"], metadata["rows"]) == (2, 3, 6)
    every = history.rows("scores")
    assert [row for row in every if row["model"] == "mvp"] == of_mvp
    assert len([row for row in every if row["model"] == "robust" and row["state"] == "ok"]) == 6
    for first, last in ((FIRST, LAST), (LAST, None)):
        history.now += timedelta(hours=1)
        assert history.run("robust_scores", first, last).is_success
    assert (history.rows("scores"), history.rows("score_revisions")) == (every, [])


def test_readers_without_telephones_are_no_people(history: Installation) -> None:
    history.run("robust_scores", LAST)
    [told] = [row["evidence"] for row in history.rows("scores") if row["state"] == "warming_up"]
    assert told["missing"]["wiki"] == "not trusted: mobile_share"
    assert told["sources"]["wiki"]["guards"] == {"mobile_share": 0}
    assert told["strength"] is None


def test_late_data_rescores_and_what_was_known_stays_known(with_people: Installation) -> None:
    history = with_people
    history.run("robust_scores", LAST)
    before = history.rows("scores")
    history.now += timedelta(hours=3)
    history.publish(at(98), history_dump(98, maya=12345))
    history.run("wiki", at(98), config={"ask_again": True})
    history.run("robust_scores", LAST)
    after = history.rows("scores")
    [replaced] = [row for row in before if row not in after]
    assert history.rows("score_revisions", without=("replaced_at",)) == [replaced]
    with history.engine.connect() as connection:
        hashes = connection.execute(sa.text("SELECT DISTINCT params_hash FROM scores")).scalars().all()
    assert hashes == [replaced["params_hash"]]
