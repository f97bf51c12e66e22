"""One spelling for the many in which feeds write the same address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_core.signals.links import canonical_url, domain_of, link_key


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTPS://Variety.COM/2026/Film/", "https://variety.com/2026/Film/"),
        ("https://variety.com", "https://variety.com/"),
        ("http://variety.com:80/a", "http://variety.com/a"),
        ("https://variety.com:443/a", "https://variety.com/a"),
        ("https://variety.com:8443/a", "https://variety.com:8443/a"),
        ("https://variety.com/a?utm_source=x&utm_medium=rss", "https://variety.com/a"),
        ("https://variety.com/a?p=1&fbclid=abc&gclid=d&q=2", "https://variety.com/a?p=1&q=2"),
        ("https://variety.com/a?UTM_Source=x", "https://variety.com/a"),
        ("https://variety.com/a#comments", "https://variety.com/a"),
        ("https://variety.com/a?b=%2F&c=d+e", "https://variety.com/a?b=%2F&c=d+e"),
        ("https://me:secret@variety.com/a", "https://variety.com/a"),
        ("  https://variety.com/a\n", "https://variety.com/a"),
        ("https://[2001:DB8::1]:8080/a", "https://[2001:db8::1]:8080/a"),
        ("https://variety.com/beyoncé", "https://variety.com/beyoncé"),
        ("mailto:me@variety.com", None),
        ("tag:variety.com,2026:1", None),
        ("javascript:alert(1)", None),
        ("/2026/film/", None),
        ("https://", None),
        ("https://[", None),
        ("https://variety.com:99999/", None),
        ("", None),
    ],
)
def test_an_address_has_one_spelling(written: str, canonical: str | None) -> None:
    assert canonical_url(written) == canonical


@given(
    st.sampled_from(["http", "HTTPS"]),
    st.from_regex(r"[A-Za-z]{1,8}\.(com|org)(:80|:443|:8080)?", fullmatch=True),
    st.text(st.characters(exclude_characters="?#", exclude_categories=["Cs", "Zs", "Cc"]), max_size=12),
    st.lists(st.from_regex(r"(utm_x|q|fbclid|p)=[a-z0-9]{0,3}", fullmatch=True), max_size=4),
)
def test_spelling_it_again_changes_nothing(scheme: str, place: str, path: str, query: list[str]) -> None:
    canonical = canonical_url(f"{scheme}://{place}/{path}?{'&'.join(query)}#top")
    assert canonical is not None
    assert canonical_url(canonical) == canonical
    assert "utm_x" not in canonical.partition("?")[2]


def test_two_links_to_one_page_have_one_key() -> None:
    links = ("http://www.variety.com/2026/maya/", "https://variety.com/2026/maya")
    assert {link_key(link) for link in links} == {"variety.com/2026/maya"}
    assert link_key("https://a.org/story?id=1") != link_key("https://a.org/story?id=2")


def test_the_domain_is_the_host_without_www() -> None:
    assert domain_of("https://www.Variety.com/a") == "variety.com"
    assert domain_of("news.google.com") is None
