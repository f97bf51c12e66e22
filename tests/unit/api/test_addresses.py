"""Links to the platform's other services follow the address the reader used, and nothing a Host header makes up."""

import pytest

from etheatmap_api.addresses import service_url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:3000/"),
        ("heat.example.org", "http://heat.example.org:3000/"),
        ("[::1]:8080", "http://[::1]:3000/"),
        ("", "http://localhost:3000/"),
        ("[::1", "http://localhost:3000/"),
        ('a"><script>', "http://localhost:3000/"),
        ("user@evil.example:80", "http://localhost:3000/"),
        ("a/b", "http://localhost:3000/"),
    ],
)
def test_service_url(host: str, url: str) -> None:
    assert service_url(host, 3000) == url
