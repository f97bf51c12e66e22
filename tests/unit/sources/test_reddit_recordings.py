"""Every recorded answer of Reddit: listings into rows read from the files by hand, the rest refused by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from reddit_recordings import recorded_body, recorded_calls

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.items import Item
from etheatmap_core.signals.reddit import posts

pytestmark = pytest.mark.realdata

TOKEN = "an object of access_token"
COMMENTS = "is a page of comments"
FOLDED = "an object of json"
NOTE = "an object of deleted"
NOTES = "an object of mod_notes"
FIELDS = "an object of explanation, fields"
BAD_REQUEST = r"the error 400 \(Bad Request\)"

# What every call of every file is: so many posts, or why it is refused.
OUTCOMES: dict[str, list[int | str]] = {
    "CommentForest.test_replace__all": [TOKEN, COMMENTS, *[FOLDED] * 12, *[COMMENTS] * 6],
    "DomainListing.test_hot": [TOKEN, 96],  # of 100: 4 are NSFW
    "DomainListing.test_rising": [TOKEN, 0],
    "Front.test_hot": [TOKEN, 98],  # 2 NSFW
    "Front.test_new": [TOKEN, 96],  # 4 NSFW
    "Front.test_top": [TOKEN, 98],  # 2 NSFW
    "Inbox.test_message__unauthorized": [TOKEN, r"the error 403 \(Forbidden\)"],
    "ListingGenerator.test_exhaust_items": [TOKEN, *[r"holds comments \(t1\)"] * 10, 1],
    "ListingGenerator.test_no_items": [TOKEN, 0],
    "ModNotes.test_delete_note__all_notes": [
        NOTE, NOTE, r"the error 500 \(Internal Server Error\)", NOTE, FIELDS, *[NOTE] * 5, FIELDS, NOTE, FIELDS,
        "is no 'Listing' but subreddits", FIELDS, NOTES, NOTES, NOTES, BAD_REQUEST, NOTES, BAD_REQUEST, NOTES,
        NOTE, NOTE, TOKEN, "an object of created", "an object of end_cursor", NOTE, "an object of end_cursor",
    ],
    "Reddit.test_bad_request_without_json_text_html_response": [TOKEN, "not whole JSON .*<html>"],
    "Reddit.test_bad_request_without_json_text_plain_response": [TOKEN, "not whole JSON .*Bad Request"],
    "Reddit.test_bare_badrequest": [TOKEN, BAD_REQUEST],
    "Reddit.test_info": [TOKEN, *[r"holds (comments \(t1\)|subreddits \(t5\))"] * 3],
    "Reddit.test_info_url": [TOKEN, 20],  # of 25: 4 are paid, 1 is NSFW
    "Redditor.test_fullname_init": [TOKEN, "an object of t2_6c1xj", "is no 'Listing' but accounts"],
    "Submission.test_comments": [TOKEN, COMMENTS],
    "Submission.test_duplicates": [TOKEN, COMMENTS],
    "Submission.test_invalid_attribute": [TOKEN, COMMENTS],
    "Subreddit.test_search": [TOKEN, 6],
    "Subreddit.test_traffic__not_public": [TOKEN, r"the error 404 \(Not Found\)"],
    "SubredditStreams.test_comments__with_pause": [
        TOKEN, r"holds comments \(t1\)", 0, r"holds comments \(t1\)",
    ],
    "SubredditStreams.test_submissions": [TOKEN, 88, 4],  # of 100: 12 are NSFW
    "Subreddits.test_popular": [TOKEN, r"holds subreddits \(t5\)"],
    "Subreddits.test_search": [TOKEN, r"holds subreddits \(t5\)"],
}  # fmt: skip


def test_the_table_names_every_file(realdata: Path) -> None:
    files = {path.name for path in (realdata / "api_reddit_praw").iterdir()}
    assert files == {f"Test{name}.json" for name in OUTCOMES} | {"LICENSE.txt"}


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_recorded_answer(realdata: Path, name: str) -> None:
    assert len(recorded_calls(realdata, name)) == len(OUTCOMES[name])
    for position, outcome in enumerate(OUTCOMES[name]):
        body = recorded_body(realdata, name, position)
        if isinstance(outcome, int):
            assert len(posts(body, "r/all/new")) == outcome, position
        else:
            with pytest.raises(CorruptCaptureError, match=outcome):
                posts(body, "r/all/new")


def test_new_posts_of_all_of_reddit(realdata: Path) -> None:
    """2016-12-22: the listing we ask for every hour, and what had come in on top of it a moment later."""
    first = posts(recorded_body(realdata, "SubredditStreams.test_submissions", 1), "r/all/new")
    assert first[0] == Item(
        item_id="t3_5jo13y",
        channel="r/LeagueOfVideos",
        url="https://www.reddit.com/r/LeagueOfVideos/comments/5jo13y/farewell_rush_we_will_never_forget_your_stream/",
        title="Farewell Rush - We will never forget your stream",
        author="AnotherProGamer",
        topics=("leagueofvideos",),
        published_at=datetime(2016, 12, 22, 2, 17, 30, tzinfo=UTC),
        numbers={"score": 1.0, "num_comments": 0.0},
    )
    assert [item.item_id for item in first if len(item.summary) == 2000] == ["t3_5jo126"]  # of 3,610 letters
    later = posts(recorded_body(realdata, "SubredditStreams.test_submissions", 2), "r/all/new")
    assert [item.item_id for item in later] == ["t3_5jo144", "t3_5jo143", "t3_5jo141", "t3_5jo140"]
    assert later[0] == Item(
        item_id="t3_5jo144",
        channel="r/UpliftingNews",
        url="https://www.reddit.com/r/UpliftingNews/comments/5jo144/newly_discovered_disease_could_hold_key_to/",
        title="Newly discovered disease could hold key to Alzheimer's, Parkinson's – and even ageing",
        author="3joan",
        topics=("upliftingnews",),
        published_at=datetime(2016, 12, 22, 2, 17, 32, tzinfo=UTC),
        numbers={"score": 1.0, "num_comments": 0.0},
    )


def test_hot_posts(realdata: Path) -> None:
    """2016-03-01, the morning after the Oscars."""
    hot = posts(recorded_body(realdata, "Front.test_hot", 1), "r/all/hot")
    assert hot[-1] == Item(
        item_id="t3_48a6f9",
        channel="r/movies",
        url="https://www.reddit.com/r/movies/comments/48a6f9/louis_ck_monologue_on_oscars_2016_academy_awards/",
        title="Louis C.K. Monologue on Oscars 2016 | Academy Awards 2016",
        author="Tychades",
        topics=("film", "movies"),
        published_at=datetime(2016, 2, 29, 13, 25, 1, tzinfo=UTC),
        numbers={"score": 3620.0, "num_comments": 495.0},
    )
    assert (hot[0].item_id, hot[0].channel, hot[0].numbers) == (
        "t3_48dxvx", "r/pics", {"score": 6710.0, "num_comments": 1022.0},
    )  # fmt: skip


def test_letters_beyond_ascii_are_kept(realdata: Path) -> None:
    new = posts(recorded_body(realdata, "Front.test_new", 1), "r/all/new")
    assert new[0].title == "Pokémon could never exist in America because of its society."
    assert new[0].summary.startswith("Pokémon would be shot by police regularly. \n\n\nPokémon Medical bills")


def test_an_author_who_has_left_is_nobody(realdata: Path) -> None:
    top = posts(recorded_body(realdata, "Front.test_top", 1), "r/all/top")
    assert [item.item_id for item in top if item.author is None] == ["t3_29u21l", "t3_1n0fe9"]
    assert top[0].numbers == {"score": 38445.0, "num_comments": 7804.0}


def test_a_search_result_has_the_link_of_the_post_itself(realdata: Path) -> None:
    found = posts(recorded_body(realdata, "Subreddit.test_search", 1), "r/all/search")
    assert [(item.item_id, item.numbers["score"], item.numbers["num_comments"]) for item in found] == [
        ("t3_3gpbiu", 0.0, 21.0), ("t3_3x4kt2", 2.0, 5.0), ("t3_3b4erh", 2.0, 13.0),
        ("t3_1qvzkd", 2.0, 3.0), ("t3_3qc02b", 2.0, 2.0), ("t3_4at068", 15.0, 0.0),
    ]  # fmt: skip
    assert (
        found[2].url == "https://www.reddit.com/r/learnpython/comments/3b4erh/collecting_submission_data_from_reddit/"
    )
    assert found[5].title == "たびたび話題になるサイドバーの閲覧中ユーザ数について（また）調べた"


def test_paid_posts_have_no_subreddit_and_are_left_out(realdata: Path) -> None:
    linked = posts(recorded_body(realdata, "Reddit.test_info_url", 1), "links to youtube.com")
    assert linked[0].item_id == "t3_6eudcy"
    assert not {"t3_6eabl0", "t3_61qguu", "t3_61pmu1", "t3_60uvur"} & {item.item_id for item in linked}
