"""The article of a page, from hand-written pages in the layouts of newsrooms; what stands around names others."""

from datetime import UTC, date, datetime

import pytest

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.articles import TEXT_CHARACTERS, Article, NoArticle, is_over, read_article
from etheatmap_core.signals.pages import read_page

URL = "https://news.example/2026/11/20/ada-lovelace-signs-on/"
FIRST = (
    "Ada Lovelace will star in the thriller “Engine,” the studio said on Friday after a week of rumors about the part."
)
SECOND = "Filming begins in the spring in two countries, and a release is planned for the end of the year after next."
AROUND = (
    '<header><nav><ul><li><a href="/t/grace/">Grace Hopper</a></li><li><a href="/t/alan/">Alan Turing</a></li></ul>'
    "</nav></header>"
)
BELOW = (
    '<aside class="sidebar"><h2>Most Popular</h2><ul><li><a href="/a/">Grace Hopper Wins Again at Gala</a></li>'
    '<li><a href="/b/">Alan Turing Biopic Finds Its Director</a></li></ul></aside>'
    '<div class="comments" id="comments"><p>Fan of Grace: Grace Hopper would have been better in this part.</p></div>'
    "<footer><p>Sign up for the Alan Turing newsletter. Copyright 2026</p></footer>"
)
PARAGRAPHS = f"<p>{FIRST}</p><p>{SECOND}</p>"
LAYOUTS = {
    "wordpress": (
        '<meta name="author" content="Jane Doe"><meta property="article:published_time" '
        'content="2026-11-20T09:15:00-05:00">'
        '<meta property="og:title" content="Ada Lovelace Signs On | News Example">'
        '<meta property="og:site_name" content="News Example">',
        '<article class="post"><h1 class="entry-title">Ada Lovelace Signs On</h1><div class="entry-content">'
        f'{PARAGRAPHS}<div class="related-stories"><h4>Related Stories</h4><p>What Grace Hopper Did Next</p></div>'
        "</div></article>",
    ),
    "data": (
        '<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList"}, '
        '{"@type": ["NewsArticle"], "headline": "Ada Lovelace Signs On", "datePublished": "2026-11-20T14:15:00Z", '
        '"author": [{"@type": "Person", "name": "Jane Doe"}]}]}</script>',
        f'<h1><a href="/">News Example</a></h1><div class="story"><h2>Ada Lovelace Signs On</h2>'
        f'<div class="story-body">{PARAGRAPHS}</div></div>',
    ),
    "microdata": (
        "",
        '<article itemscope itemtype="https://schema.org/Article"><h1 itemprop="headline">Ada Lovelace Signs On</h1>'
        '<span itemprop="author">Jane Doe</span><time itemprop="datePublished" datetime="2026-11-20T14:15:00+00:00">'
        f'20 Nov</time><section itemprop="articleBody">{PARAGRAPHS}</section></article>',
    ),
    "divs": (
        '<meta itemprop="datePublished" content="2026-11-20T14:15:00.000Z"><meta name="author" content="Jane Doe">',
        '<div id="page"><div class="headline"><h1>Ada Lovelace Signs On</h1></div><div class="body-copy"><div>'
        f"{PARAGRAPHS}</div><p>Read more: Grace Hopper talks to us about her next part</p></div></div>",
    ),
    "old": (
        '<meta name="pubdate" content="2026-11-20T14:15:00Z"><meta name="author" content="Jane Doe">',
        f'<table><tr><td class="content"><h1>Ada Lovelace Signs On</h1><div class="article-text">{PARAGRAPHS}</div>'
        "</td></tr></table>",
    ),
}


def read(body: str, head: str = "", title: str = "Ada Lovelace Signs On - News Example") -> Article | NoArticle:
    text = f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{AROUND}{body}{BELOW}</body></html>"
    return read_article(read_page(text.encode(), None, URL))


def article(body: str = f"<article><h1>Ada Lovelace Signs On</h1>{PARAGRAPHS}</article>", head: str = "") -> Article:
    found = read(body, head)
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_article_and_nothing_of_what_stands_around(layout: str) -> None:
    head, body = LAYOUTS[layout]
    found = article(f"<main>{body}</main>", head)
    assert found == Article(
        URL, "Ada Lovelace Signs On", f"{FIRST}\n{SECOND}", "Jane Doe", datetime(2026, 11, 20, 14, 15, tzinfo=UTC),
        date(2026, 11, 20),
    )  # fmt: skip


def test_the_text_is_bounded_as_who_is_named_far_down_is_not_what_it_is_about() -> None:
    body = "".join(f"<p>{SECOND} This is paragraph {number}.</p>" for number in range(60))
    found = article(f"<article><h1>Ada Lovelace Signs On</h1>{body}<p>{FIRST}</p></article>")
    assert TEXT_CHARACTERS - 200 < len(found.text) <= TEXT_CHARACTERS
    assert "Ada" not in found.text


def test_a_line_of_the_editors_between_paragraphs_is_no_part_of_it() -> None:
    between = "<p>Related: Grace Hopper and Alan Turing at odds</p><p>Sign up for our Grace Hopper newsletter</p>"
    found = article(f"<article><h1>Ada Lovelace Signs On</h1><p>{FIRST}</p>{between}<p>{SECOND}</p></article>")
    assert found.text == f"{FIRST}\n{SECOND}"


def test_a_sentence_that_only_begins_like_such_a_line_stays() -> None:
    sentence = (
        "Related companies of the studio have been asked for help with the financing of the film, and two of them have "
        "agreed to it in a letter that was read to the board on Thursday evening."
    )
    assert sentence in article(f"<article><h1>Ada Lovelace Signs On</h1><p>{FIRST}</p><p>{sentence}</p></article>").text


@pytest.mark.parametrize(
    ("head", "at", "on"),
    [
        ("", None, None),
        ('<meta property="article:published_time" content="2026-11-20T14:15:00">', None, date(2026, 11, 20)),
        ('<meta property="article:published_time" content="2026-11-20">', None, date(2026, 11, 20)),
        ('<meta property="article:published_time" content="yesterday">', None, None),
        (
            '<meta property="article:published_time" content="2026-11-20T23:15:00-0500">',
            datetime(2026, 11, 21, 4, 15, tzinfo=UTC),
            date(2026, 11, 21),
        ),
    ],
)
def test_a_time_without_its_zone_is_a_day_and_what_cannot_be_read_is_nothing(
    head: str, at: datetime | None, on: date | None
) -> None:
    text = f"<html><head>{head}</head><body><article><h1>Ada Signs</h1>{PARAGRAPHS}</article></body></html>"
    found = read_article(read_page(text.encode(), None, "https://news.example/ada-lovelace-signs-on/"))
    assert isinstance(found, Article)
    assert (found.published_at, found.published_on) == (at, on)


def test_only_a_day_that_had_ended_everywhere_is_older_for_certain() -> None:
    since = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert [is_over(date(2026, 11, day), since) for day in (18, 19, 20)] == [True, False, False]
    assert not is_over(None, since)


def test_an_address_is_no_author() -> None:
    assert article(head='<meta name="author" content="https://facebook.com/newsexample">').author is None
    assert article(head='<meta name="author" content="By  Jane   Doe">').author == "Jane Doe"


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        ("We value your privacy", "<h1>We value your privacy</h1><button>Accept</button>", "asks for consent"),
        ("Subscribe to read", "<h1>Subscribe to read</h1><p>Already a member?</p>", "is for subscribers"),
        ("Page not found", "<h1>Oops</h1><p>Nothing here.</p>", "says there is nothing"),
        ("Gallery", "<h1>Red carpet</h1><img src='/1.jpg'><img src='/2.jpg'>", "has no article"),
    ],
)
def test_a_page_without_an_article_says_what_it_calls_itself_and_why(title: str, body: str, reason: str) -> None:
    text = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    found = read_article(read_page(text.encode(), None, URL))
    assert isinstance(found, NoArticle)
    assert reason in found.reason
    assert "the page ('" in found.reason


@pytest.mark.parametrize(
    "hostile",
    ["<![foo[ x ]]>", "<![", "<!x", "\x00\x0b", "&#xD800;&#x110000;", "<a " + "x" * 100_000 + ">",
     '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
     '<script type="application/ld+json">{"@type": "Article", "headline": 7, "author": {"name": []}}</script>'],
)  # fmt: skip
def test_what_a_page_may_hold_by_mistake_or_malice_leaves_its_article(hostile: str) -> None:
    found = read(f"{hostile}<article><h1>Ada Lovelace Signs On</h1>{PARAGRAPHS}</article>")
    assert isinstance(found, Article)
    assert FIRST in found.text


def test_a_page_at_which_the_extractor_fails_is_an_error_of_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("trafilatura.bare_extraction", fails)
    with pytest.raises(
        CorruptCaptureError, match=r"ada-lovelace-signs-on/ cannot be taken apart \(RecursionError: too deep"
    ):
        article()


def test_what_is_declared_as_paid_is_said_to_be() -> None:
    head = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    text = f"<html><head><title>Ada Signs On</title>{head}</head><body><h1>Ada Signs On</h1></body></html>"
    found = read_article(read_page(text.encode(), None, URL))
    assert found == NoArticle("the page ('Ada Signs On') is for subscribers")
