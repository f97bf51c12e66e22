"""What is a feed and what is not, and how the odd corners of the formats are read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.feeds import Feed, FeedEntry, plain_text, read_feed, shortened

LINK = "<link>https://example.org/a</link>"


def rss(*items: str, head: str = "<title>Trade</title><link>https://example.org/</link>") -> str:
    return f'<rss version="2.0"><channel>{head}{"".join(f"<item>{item}</item>" for item in items)}</channel></rss>'


def read(document: str | bytes) -> Feed:
    return read_feed(document if isinstance(document, bytes) else document.encode(), "The feed")


def only(item: str) -> FeedEntry:
    (entry,) = read(rss(item)).entries
    return entry


NO_FEEDS = {
    "nothing": ("", r"^The feed is empty\.$"),
    "blanks": ("  \n ", r"^The feed is empty\.$"),
    "an HTML page": ("<!DOCTYPE html><html><head><meta></head></html>", r"^The feed is an HTML page, not a feed\.$"),
    "a page that is XML": ("<html><body/></html>", r"^The feed is an HTML page, not a feed\.$"),
    "words": ("503 by order", r"^The feed is not well-formed XML"),
    "JSON": ('{"items": []}', r"^The feed is not well-formed XML"),
    "another document": ("<sitemapindex/>", r"^The feed is a <sitemapindex> document, not a feed\.$"),
    "no channel": ("<rss><chanel/></rss>", r"^The feed has no <channel> below <rss>: it may have been renamed\.$"),
    "a tag left open": (rss()[:-6] + '<"{', r"^The feed is not well-formed XML"),
    "an encoding nobody knows": ('<?xml version="1.0" encoding="klingon"?><rss/>', r"'klingon', which is no known"),
    "entities that grow": (
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + rss(f"<title>&b;</title>{LINK}"),
        r"^The feed declares entities of its own, which are not expanded\.$",
    ),
    "entities from outside": (
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss(f"<title>&x;</title>{LINK}"),
        r"^The feed declares entities of its own, which are not expanded\.$",
    ),
}


@pytest.mark.parametrize(("document", "message"), NO_FEEDS.values(), ids=NO_FEEDS)
def test_what_is_no_feed_says_why(document: str, message: str) -> None:
    with pytest.raises(CorruptCaptureError, match=message):
        read(document)


def test_bytes_that_are_not_utf8_are_refused_under_a_header_that_says_so() -> None:
    document = rss(f"<title>Maya sings</title>{LINK}").encode().replace(b"sings", b"\xe9\x80 sings")
    with pytest.raises(CorruptCaptureError, match=r"says it is written in utf-8, but byte \d+ is not \(0xe9\)"):
        read(document)


def test_a_body_that_is_a_path_opens_no_file() -> None:
    with pytest.raises(CorruptCaptureError, match="not well-formed XML"):
        read("/etc/hostname")


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss()) == Feed("Trade", "https://example.org/", ())
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><title>Trade</title></feed>').entries == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "shift_jis"])
def test_a_feed_is_read_in_the_encoding_it_names(encoding: str) -> None:
    title = "映画" if encoding == "shift_jis" else "Beyoncé"
    document = f'<?xml version="1.0" encoding="{encoding}"?>' + rss(f"<title>{title}</title>{LINK}")
    assert read(document.encode(encoding)).entries[0].title == title


def test_quotes_of_windows_in_a_feed_that_says_latin_1() -> None:
    document = '<?xml version="1.0" encoding="iso-8859-1"?>' + rss(f"<title>Maya’s</title>{LINK}")
    assert read(document.encode("cp1252")).entries[0].title == "Maya’s"


def test_control_characters_that_xml_forbids_are_taken_out() -> None:
    assert only(f"<title>Maya\x0b sings\x00</title>{LINK}").title == "Maya sings"


def test_the_doctype_of_rss_091_is_no_entity() -> None:
    doctype = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://example.org/rss-0.91.dtd">'
    document = rss(f"<title>Old</title>{LINK}").replace("2.0", "0.91")
    assert [entry.title for entry in read(doctype + document).entries] == ["Old"]


def test_rss_090_has_its_items_beside_the_channel() -> None:
    document = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        f"<channel><title>Trade</title></channel><item><title>Old</title>{LINK}</item></rdf:RDF>"
    )
    assert read(document).entries[0].link == "https://example.org/a"


def test_a_guid_that_is_a_permanent_link_leads_to_the_article() -> None:
    assert only("<title>A</title><guid>https://example.org/b</guid>").link == "https://example.org/b"


def test_an_entry_without_link_keeps_its_guid_where_others_have_links() -> None:
    bare = '<title>A</title><guid isPermaLink="false">tag:1</guid>'
    entries = read(rss(bare, f"<title>B</title>{LINK}")).entries
    assert [(entry.link, entry.guid) for entry in entries] == [(None, "tag:1"), ("https://example.org/a", None)]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Fri, 20 Nov 2026 14:05:00 GMT", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 09:05:00 EST", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("20 Nov 26 14:05 +0000", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("2026-11-20T16:05:00+02:00", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Fri, 99 Nov 2026 14:05:00 GMT", None),
    ],
)
def test_a_date_is_utc_and_one_that_cannot_be_read_is_none(date: str, expected: datetime | None) -> None:
    assert only(f"<title>A</title>{LINK}<pubDate>{date}</pubDate>").published_at == expected


def test_when_it_was_published_counts_not_when_it_was_changed() -> None:
    document = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>A</title>'
        '<link href="https://example.org/a"/><published>2026-11-20T10:00:00Z</published>'
        "<updated>2026-11-20T14:00:00Z</updated></entry><entry><title>B</title>"
        '<link href="https://example.org/b"/><updated>2026-11-20T14:00:00Z</updated></entry></feed>'
    )
    at = [entry.published_at for entry in read(document).entries]
    assert at == [datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 14, tzinfo=UTC)]


def test_the_source_of_an_aggregators_item_is_its_outlet() -> None:
    entry = only(f'<title>A - Variety</title>{LINK}<source url="https://variety.com">Variety</source>')
    assert (entry.outlet, entry.outlet_url) == ("Variety", "https://variety.com/")


def test_the_line_wordpress_ends_a_description_with_is_no_part_of_it() -> None:
    text = (
        "<![CDATA[<p>Maya sings at last.</p>"
        '<p>The post <a href="https://example.org/a">Maya sings</a> appeared first on <a href="x">Variety</a>.</p>]]>'
    )
    assert only(f"<title>Maya sings</title>{LINK}<description>{text}</description>").summary == "Maya sings at last."


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<p>Maya</p><p>sings</p>", "Maya sings"),
        ("<b>May</b>a <i>sings</i>", "Maya sings"),
        ("AT&amp;T &#8216;Dune&#8217;&nbsp;Part&#160;Two", "AT&T ‘Dune’ Part Two"),
        ("Ratings: 5 < 6 &lt; 7", "Ratings: 5 < 6 < 7"),
        ("a<script>alert('x')</script><!-- b --><style>c</style>d", "a d"),
        ("one\n\ttwo", "one two"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_sees(markup: str, seen: str) -> None:
    assert plain_text(markup) == seen


@given(st.text(), st.integers(1, 50))
def test_a_shortened_text_is_its_beginning(text: str, characters: int) -> None:
    short = shortened(text, characters)
    assert text.startswith(short)
    assert len(short) <= characters
    assert short or not text


@given(st.binary(max_size=200))
def test_whatever_bytes_come_it_is_a_feed_or_a_plain_refusal(body: bytes) -> None:
    with pytest.raises(CorruptCaptureError, match=r"^The feed .*\.$"):
        read_feed(body, "The feed")


@given(st.data())
def test_damage_anywhere_never_makes_another_kind_of_error(data: st.DataObject) -> None:
    whole = rss(*(f"<title>Maya {n}</title><link>https://example.org/{n}</link>" for n in range(3))).encode()
    start = data.draw(st.integers(0, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=6)) + whole[start + data.draw(st.integers(0, 20)) :]
    try:
        entries = read_feed(damaged, "The feed").entries
    except CorruptCaptureError:
        entries = ()
    assert all(entry.link is None or entry.link.startswith("http") for entry in entries)


@pytest.mark.parametrize(
    ("spelled", "hour"),
    [
        ("Fri, 20 Nov 2026 14:30:00 +0000", 14),
        ("Fri, 20 Nov 2026 14:30:00 GMT", 14),
        ("Fri, 20 Nov 2026 14:30:00 EST", 19),
        ("2026-11-20T14:30:00Z", 14),
        ("Fri, 20 Nov 2026 14:30:00 CET", None),
        ("Fri, 20 Nov 2026 14:30:00 BST", None),
    ],
)
def test_a_time_in_a_zone_that_is_not_known_is_no_date(spelled: str, hour: int | None) -> None:
    body = f"""<rss version="2.0"><channel><title>T</title><link>https://example.org/</link>
        <item><title>A</title><link>https://example.org/a</link><pubDate>{spelled}</pubDate></item></channel></rss>"""
    [entry] = read_feed(body.encode(), "The feed of T").entries
    assert (entry.published_at and entry.published_at.hour) == hour
