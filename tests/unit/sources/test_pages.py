"""Pages of news sites: what is one, which articles it leads to, in which order. Addresses as newsrooms write them."""

from datetime import date

import pytest

from etheatmap_core.errors import CorruptCaptureError
from etheatmap_core.signals.pages import Page, article_links, canonical_of, day_of, is_article, read_page

FRONT = "https://news.example/"


def page(body: str, *, url: str = FRONT, head: str = "") -> Page:
    text = f"<!doctype html><html><head><title>News</title>{head}</head><body>{body}</body></html>"
    return read_page(text.encode(), "text/html; charset=utf-8", url)


def links(*hrefs: str) -> tuple[str, ...]:
    return article_links(page("".join(f'<p><a href="{href}">x</a></p>' for href in hrefs)))


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b" \n", None, "https://news.example/ is empty."),
        (b'{"error": 1}', None, "is no HTML page but begins with '{\"error\": 1}'."),
        (b"<!doctype html><html><body><p>Half a st", None, "was cut short: the page has no </html>."),
        (b"<html><body>caf\xe9</body></html>", None, "says it is written in utf-8, but byte 15 is not (0xe9)."),
        (b"<html><body>caf\xe9</body></html>", "text/html; charset=UTF-8", "says it is written in UTF-8, but byte 15"),
        (
            b"<html></html>",
            "text/html; charset=klingon",
            "says it is written in 'klingon', which is no known encoding.",
        ),
    ],
)
def test_what_is_no_whole_page_is_refused_by_name(body: bytes, content_type: str | None, told: str) -> None:
    with pytest.raises(CorruptCaptureError) as refused:
        read_page(body, content_type, FRONT)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><h1>Café</h1></html>".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("<html><meta charset='windows-1252'><h1>Café</h1></html>".encode("cp1252"), "text/html"),
        ("\ufeff<html><h1>Café</h1></html>".encode(), "text/html; charset=iso-8859-1"),
        (b"<html><h1>Caf&eacute;</h1></html>", None),
        ("<!-- cached --><html><h1>Café</h1></html><!-- 12 ms -->".encode(), None),
    ],
)
def test_a_page_is_read_in_the_encoding_it_is_written_in(body: bytes, content_type: str | None) -> None:
    assert read_page(body, content_type, FRONT).heading == "Café"


@pytest.mark.parametrize(
    "path",
    [
        "/2026/film/news/a-star-signs-on-1236580001/",
        "/2026/11/a-star-signs-on-1236580001/",
        "/movies/movie-news/star-signs-1236500002/",
        "/film/2026/nov/20/star-signs-on",
        "/2026/11/20/movies/star.html",
        "/star-signs-on-for-sequel/",
        "/article/star-signs-a1b2c3d4e5",
        "/news/articles/c4g7xk2e1z0o",
        "/story/entertainment/star-signs-on-for-a-sequel",
    ],
)
def test_addresses_of_articles(path: str) -> None:
    assert is_article(f"https://news.example{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/film/",
        "/v/film/news/",
        "/tag/a-star-of-many-films/",
        "/author/jane-a-doe-the-elder/",
        "/newsletters/the-best-of-every-day/",
        "/about/who-we-are-and-why/",
        "/wp-content/a-star-signs-on-1236580001.jpg",
        "/film/reviews/",
        "/t/1236580001/",
        "/2026/11/20/",
        f"/{'a-very-long-slug-' * 40}/",
    ],
)
def test_addresses_of_other_pages(path: str) -> None:
    assert not is_article(f"https://news.example{path}")


def test_only_articles_of_the_page_s_own_site_each_once() -> None:
    assert links(
        "/star-signs-on-for-sequel/",
        "https://www.news.example/star-signs-on-for-sequel/?utm_source=home#comments",
        "http://news.example/star-signs-on-for-sequel",
        "https://other.example/star-signs-on-for-sequel/",
        "mailto:desk@news.example",
        "javascript:void(0)",
        "http://[broken/a-b-c-d-e/",
        "/film/",
    ) == ("https://news.example/star-signs-on-for-sequel/",)


def test_the_newest_first_by_date_then_number_then_place() -> None:
    assert links(
        "/2025/11/30/older-story/", "/2026/nov/20/b-story/", "/2026/11/20/c-story/", "/2026/11/21/d-story/"
    ) == (
        "https://news.example/2026/11/21/d-story/",
        "https://news.example/2026/nov/20/b-story/",
        "https://news.example/2026/11/20/c-story/",
        "https://news.example/2025/11/30/older-story/",
    )
    numbered = links("/b-story-10002/", "/d-story-10004/", "/a-story-10001/", "/c-story-10003/")
    assert [link[-6:-1] for link in numbered] == ["10004", "10003", "10002", "10001"]
    assert links("/one-two-three-four/", "/five-six-seven-eight/") == (
        "https://news.example/one-two-three-four/",
        "https://news.example/five-six-seven-eight/",
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/2026/11/20/a-story/", date(2026, 11, 20)),
        ("/film/2026/nov/20/a-story", date(2026, 11, 20)),
        ("/2026/11/a-story-10001/", None),
        ("/2026/13/41/a-story/", None),
        ("/2026/foo/12/a-story/", None),
        ("/a-story-10001/", None),
    ],
)
def test_the_day_in_an_address(path: str, told: date | None) -> None:
    assert day_of(f"https://news.example{path}") == told


def test_advertisements_are_not_followed() -> None:
    found = page('<a rel="sponsored nofollow" href="/buy-this-now-please-1234567/">Buy</a>')
    assert article_links(found) == ()


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ('<link rel="canonical" href="/star-signs-on-for-sequel/">', "https://news.example/star-signs-on-for-sequel/"),
        (
            '<link rel="canonical" href="https://other.example/2026/11/20/star/">',
            "https://other.example/2026/11/20/star/",
        ),
        ('<link rel="canonical" href="https://news.example/">', "https://news.example/amp/star-signs-on-for-sequel"),
        ('<link rel="canonical" href="">', "https://news.example/amp/star-signs-on-for-sequel"),
        (
            '<link rel="canonical" href="/"><meta property="og:url" content="/star-signs-on-for-sequel/">',
            "https://news.example/star-signs-on-for-sequel/",
        ),
    ],
)
def test_an_article_is_known_by_its_canonical_address_where_that_is_one(head: str, told: str) -> None:
    assert canonical_of(page("", url="https://news.example/amp/star-signs-on-for-sequel", head=head)) == told


@pytest.mark.parametrize(
    "title", ["Just a moment...", "Access Denied", "Are you a robot?", "Attention Required! | Cloudflare"]
)
def test_walls_are_told_by_their_titles(title: str) -> None:
    assert read_page(f"<html><title>{title}</title></html>".encode(), None, FRONT).is_wall
    assert not page("").is_wall


def test_broken_data_of_a_page_says_nothing() -> None:
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", </script>'
        '<script type="application/ld+json">[{"@graph": [{"@type": "Article"}, 7]}, "x"]</script>'
        '<script type="application/ld+json">3</script>'
    )
    assert [node.get("@type") for node in page("", head=head).data] == [None, "Article"]
