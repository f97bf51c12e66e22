"""advanced_scores through Dagster, on a hundred collected hours: after robust_scores, and the same again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from installation import Installation, at, history_dump, maya_views, packed

from etheatmap_core.hours import partition_key

FIRST, LAST = at(97), at(99)
HOURS = [at(number) for number in range(97, 100)]


@pytest.fixture
def judged(history: Installation) -> Installation:
    """With the rows of robust; half of Maya Rudolph's readers have a telephone, as people do."""
    for number in range(84, 100):
        views = maya_views(number)
        page = {"Maya_Rudolph": views // 2, "Main_Page": 3}
        history.publish(at(number), packed(page, page))
    history.run("wiki", at(84), LAST, config={"ask_again": True})
    history.run("robust_scores", FIRST, LAST)
    return history


def of_advanced(history: Installation) -> list[dict[str, object]]:
    return [row for row in history.rows("scores") if row["model"] == "advanced"]


def test_a_range_is_scored_beside_the_other_models_and_again_the_same(judged: Installation) -> None:
    history, of_robust = judged, judged.rows("scores")
    run = history.run("advanced_scores", FIRST, LAST)
    assert run.failures == []
    assert list(run.made) == [partition_key(hour) for hour in HOURS]
    assert set(run.checks.values()) == {True}
    assert {"every_null_has_its_reason", "heat_follows_its_terms", "shares_are_shares"} <= run.checks.keys()
    every = history.rows("scores")
    assert [row for row in every if row["model"] == "robust"] == of_robust
    assert [row["state"] for row in of_advanced(history)] == ["ok"] * 6
    for first, last in ((FIRST, LAST), (LAST, None)):
        history.now += timedelta(hours=1)
        assert history.run("advanced_scores", first, last).is_success
    assert (history.rows("scores"), history.rows("score_revisions")) == (every, [])
    with history.engine.connect() as connection:
        told = connection.execute(
            sa.text("SELECT ts, state, is_complete FROM source_hours WHERE source = 'advanced_scoring' ORDER BY ts")
        )
        assert list(map(tuple, told)) == [(hour, "ok", True) for hour in HOURS], "its switch is listed with the sources"


def test_it_moves_with_the_row_of_robust_and_says_so_where_there_is_none(judged: Installation) -> None:
    history = judged
    history.run("advanced_scores", LAST)
    before = of_advanced(history)
    history.now += timedelta(hours=3)
    history.publish(at(98), history_dump(98, maya=12345))
    history.run("wiki", at(98), config={"ask_again": True})
    history.run("robust_scores", LAST)
    history.run("advanced_scores", LAST)
    after = of_advanced(history)
    assert [row for row in before if row not in after], "what rests on it has changed"
    with history.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM scores WHERE model = 'robust'"))
    history.run("advanced_scores", LAST)
    assert {(row["state"], *row["reasons"]) for row in of_advanced(history)} == {  # type: ignore[misc]
        ("no_data", "No heat: model robust has no row of this hour")
    }
