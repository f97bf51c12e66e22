"""Every recorded feed, in all formats and encodings, becomes the entries that a reader of the file finds in it."""

from pathlib import Path

import pytest
from feed_recordings import FOLDER, RECORDINGS, Recording, body

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import FeedEntry, read_feed

pytestmark = pytest.mark.realdata
BY_FILE = [pytest.param(recording, id=recording.file) for recording in RECORDINGS]


def test_the_table_names_every_file(realdata: Path) -> None:
    files = {path.name for path in (realdata / FOLDER).iterdir() if "LICENSE" not in path.name}
    assert files == {recording.file for recording in RECORDINGS}


@pytest.mark.parametrize("recording", BY_FILE)
def test_a_recording_is_read_whole(realdata: Path, recording: Recording) -> None:
    feed = read_feed(body(realdata, recording.file), "The feed")
    assert (feed.title, feed.home, len(feed.entries)) == (recording.title, recording.home, recording.entries)
    assert len({entry.link for entry in feed.entries}) == recording.links
    assert all(entry.link and entry.title and entry.published_at for entry in feed.entries)
    assert (feed.entries[-1].link, feed.entries[-1].published_at) == (recording.last_link, recording.last_at)


@pytest.mark.parametrize("recording", BY_FILE)
def test_every_field_of_the_first_entry(realdata: Path, recording: Recording) -> None:
    first = read_feed(body(realdata, recording.file), "The feed").entries[0]
    assert first.summary.startswith(recording.summary)
    assert len(first.summary) == recording.length
    assert first == FeedEntry(
        link=recording.first_link,
        guid=recording.guid,
        title=recording.first_title,
        summary=first.summary,
        author=recording.author,
        published_at=recording.published_at,
        categories=recording.categories,
        outlet=None,
        outlet_url=None,
    )


@pytest.mark.parametrize("recording", BY_FILE)
def test_a_recording_cut_short_is_no_shorter_feed(realdata: Path, recording: Recording) -> None:
    whole = body(realdata, recording.file).rstrip()
    for length in (len(whole) // 3, len(whole) * 2 // 3, len(whole) - 3):
        with pytest.raises(CorruptCaptureError, match=r"^The feed (is not well-formed XML|says it is written in)"):
            read_feed(whole[:length], "The feed")


@pytest.mark.parametrize("recording", BY_FILE)
def test_titles_under_another_name_are_missed(realdata: Path, recording: Recording) -> None:
    renamed = _renamed(body(realdata, recording.file), "title", "dc:title", "media:title")
    with pytest.raises(CorruptCaptureError, match=r"^The feed has \d+ entries, none with a <title>"):
        read_feed(renamed, "The feed")


# Not those whose ids are addresses too: they still lead to the page.
@pytest.mark.parametrize(
    "file", ["DaringFireball.atom", "TechCrunch.xml", "macworld.rss", "rbren_content-encoded.rss", "rbren_encoding.rss"]
)
def test_links_under_another_name_are_missed(realdata: Path, file: str) -> None:
    renamed = _renamed(body(realdata, file), "link", "feedburner:origLink")
    with pytest.raises(CorruptCaptureError, match=r"^The feed has \d+ entries, none with a <link>"):
        read_feed(renamed, "The feed")


def _renamed(feed: bytes, *fields: str) -> bytes:
    for field in fields:
        prefix = field.rpartition(":")[0]
        other = f"{prefix}:heading" if prefix else "heading"
        for opening in ("<", "</"):
            feed = feed.replace(f"{opening}{field}".encode(), f"{opening}{other}".encode())
    return feed


def test_entries_under_another_name_are_not_silence(realdata: Path) -> None:
    renamed = body(realdata, "rbren_guardian.rss").replace(b"<item>", b"<article>").replace(b"</item>", b"</article>")
    with pytest.raises(CorruptCaptureError, match=r"^The feed has no <item> but <article>: it has been renamed\.$"):
        read_feed(renamed, "The feed")


def test_another_encoding_than_the_file_says_is_told_with_the_byte(realdata: Path) -> None:
    latin = body(realdata, "rbren_encoding.rss").replace(b"ISO-8859-1", b"UTF-8", 1)
    with pytest.raises(CorruptCaptureError, match=r"^The feed says it is written in utf-8, but byte 203 is not"):
        read_feed(latin, "The feed")
