"""Who may be asked, and who not: hosts, private addresses, redirects, the simulator."""

import ipaddress
import socket
from pathlib import Path

import httpx2
import pytest
from http_kit import Kit, Server, answer, limits, serving
from hypothesis import given
from hypothesis import strategies as st

from etheatmap_assets.resources.http import Call, places_of
from etheatmap_assets.resources.http.addresses import AddressGuard, is_public
from etheatmap_core.errors import UpstreamRefusedError

LIMITS = {
    "wiki": limits(hosts=("dumps.wikimedia.org", "*.wikipedia.org")),
    "trade_rss": limits(source="trade_rss", hosts=()),
}


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::"),
    ],
)
def test_an_address_near_us_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2620:0:862:ed1a::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_the_same_in_its_ipv6_disguises(address: ipaddress.IPv4Address) -> None:
    for disguise in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(disguise) == is_public(str(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://dumps.wikimedia.org/other/",
        "http://dumps.wikimedia.org/",
        "https://DUMPS.wikimedia.org:443/",
        "https://en.wikipedia.org/w/api.php?a=b",
    ],
)
def test_hosts_of_the_table_are_asked(url: str) -> None:
    target = AddressGuard(LIMITS, {}).admit("wiki", url)
    assert target.url == target.sent_to == httpx2.URL(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://wikimedia.org/",
        "https://wikipedia.org/",
        "https://evilwikipedia.org/",
        "https://dumps.wikimedia.org.evil.org/",
        "https://dumps.wikimedia.org./",
        "https://dumps.wikimedia.org@evil.org/",
        "https://evil.org\\@dumps.wikimedia.org.evil.org/",
        "https://dumps.wikimedia.org:8443/",
        "ftp://dumps.wikimedia.org/",
        "gopher://dumps.wikimedia.org/",
        "file:///etc/passwd",
        "//dumps.wikimedia.org/",
        "https:///other/",
        "https://dumps.wikimedia.org:port/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "",
    ],
)
def test_nobody_else_is_asked(url: str) -> None:
    with pytest.raises(UpstreamRefusedError):
        AddressGuard(LIMITS, {}).admit("wiki", url)


def test_a_host_is_asked_for_its_own_source_only() -> None:
    with pytest.raises(UpstreamRefusedError, match=r"trade_rss: dumps\.wikimedia\.org:443 is not among the hosts"):
        AddressGuard(LIMITS, {"trade_rss": ["variety.com"]}).admit("trade_rss", "https://dumps.wikimedia.org/")


def test_places_are_hosts_and_the_ports_that_are_not_the_usual_ones() -> None:
    urls = [
        "https://variety.com/feed/",
        "http://u:p@127.0.0.1:8000/x",
        "http://[::1]:81/",
        "https://a.org:443/",
        "file:///x",
    ]
    assert places_of(urls) == {"variety.com", "127.0.0.1:8000", "[::1]:81", "a.org:443"}


def test_what_the_operator_configured_is_asked_at_its_port() -> None:
    guard = AddressGuard(LIMITS, {"wiki": places_of(["http://127.0.0.1:8000/dumps"])})
    guard.admit("wiki", "http://127.0.0.1:8000/other")
    for port in (5432, 80):
        with pytest.raises(UpstreamRefusedError):
            guard.admit("wiki", f"http://127.0.0.1:{port}/other")


@pytest.mark.parametrize(
    ("source", "place", "is_allowed"),
    [
        ("wiki", "mirror.example.org", True),  # an upstream of the operator's own, wherever it is
        ("wiki", "dumps.wikimedia.org", False),  # the real one is on the internet, or it is not the real one
        ("trade_rss", "feeds.example.org", False),  # a feed somebody recommended must not lead into our network
        ("trade_rss", "localhost", True),  # nobody mistakes these for public
        ("trade_rss", "simulator", True),
        ("trade_rss", "10.0.0.1", True),
    ],
)
def test_who_may_be_at_a_private_address(source: str, place: str, is_allowed: bool) -> None:
    guard = AddressGuard(LIMITS, {source: [place]})
    if is_allowed:
        guard.require_allowed((place, 443), ["10.0.0.1"])
    else:
        with pytest.raises(UpstreamRefusedError, match=r"leads to 10\.0\.0\.1, which is no address of the internet"):
            guard.require_allowed((place, 443), ["8.8.8.8", "10.0.0.1"])


# --- Where the name is resolved


def test_a_public_name_that_leads_to_us_is_not_connected_to(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: whatever the name says, it is the address that counts."""
    monkeypatch.setattr(socket, "getaddrinfo", _always("127.0.0.1"))
    kit = Kit("variety.com", limits_of={"trade_rss": LIMITS["trade_rss"]})
    with pytest.raises(
        UpstreamRefusedError, match=r"variety\.com:80 is not asked: it leads to 127\.0\.0\.1"
    ) as refused:
        kit.gateway.fetch(Call("trade_rss", "http://variety.com/feed/"), target)
    assert refused.value.status_code is None
    assert server.asked == []
    assert kit.audit.events == [("address refused", "failed")]
    assert kit.breaker.verdicts == [("not sent", None)], "of the upstream nothing has been learnt"
    kit.gateway.close()


def test_between_check_and_connection_there_is_no_second_look_up(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is what is checked and connected to; the name in Host stays."""
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> object:
        looked_up.append(host)
        return real("127.0.0.1" if host == "mirror.example.org" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = server.place.rpartition(":")[2]
    kit = Kit(f"mirror.example.org:{port}", limits_of={"wiki": LIMITS["wiki"]})
    kit.gateway.fetch(Call("wiki", f"http://mirror.example.org:{port}/a"), target)
    assert looked_up == ["mirror.example.org", "127.0.0.1"], "the second is the address itself"
    assert server.asked[0].headers["Host"] == f"mirror.example.org:{port}"
    kit.gateway.close()


def _always(address: str) -> object:
    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


# --- Redirects


def test_a_redirect_is_followed_to_where_we_may_go(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(302, Location="/b?c=d"), answer(301, Location=server.url), answer(200, b"there")]
    received = kit.gateway.fetch(Call("wiki", f"http://{server.place}/a"), target)
    assert target.read_bytes() == b"there"
    assert [asked.path for asked in server.asked] == ["/a", "/b?c=d", "/pageviews.gz"]
    assert received.url == f"http://{server.place}/a", "the question that was asked, wherever the answer was"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.org/",
        "file:///etc/passwd",
        "//evil.org/x",
    ],
)
def test_a_redirect_to_elsewhere_is_refused(server: Server, kit: Kit, target: Path, location: str) -> None:
    server.script = [answer(302, Location=location)]
    with pytest.raises(UpstreamRefusedError, match=r"pageviews\.gz redirects\. wiki: "):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 1


def test_redirects_in_a_circle_end(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(302, Location="/again")]
    with pytest.raises(UpstreamRefusedError, match="redirects more than 5 times"):
        kit.gateway.fetch(Call("wiki", server.url), target)
    assert len(server.asked) == 6


def test_a_redirect_to_nowhere(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(302), answer(302, Location="http://h.org:port/")]
    for told in ("redirects .* to nowhere", "redirects to what is no address"):
        with pytest.raises(UpstreamRefusedError, match=told):
            kit.gateway.fetch(Call("wiki", server.url), target)


def test_keys_do_not_go_along_to_another_origin(server: Server, target: Path) -> None:
    with serving() as other:
        kit = Kit(server.place, other.place)
        server.script = [answer(302, Location="/near"), answer(302, Location=f"http://{other.place}/far")]
        headers = {"Authorization": "Bearer x", "X-Api-Key": "x", "Cookie": "x", "Accept-Language": "en"}
        kit.gateway.fetch(Call("wiki", server.url, headers=headers), target)
        assert server.asked[1].headers["X-Api-Key"] == "x", "the same origin may have it"
        far = other.asked[0].headers
        assert [far[name] for name in headers] == [None, None, None, "en"]
        kit.gateway.close()


def test_what_was_sent_is_not_sent_elsewhere(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(307, Location="/other")]
    with pytest.raises(UpstreamRefusedError, match="what was sent is not sent elsewhere"):
        kit.gateway.fetch(Call("wiki", server.url, method="POST", body=b"q"), target)
    assert len(server.asked) == 1


# --- The simulator


def test_the_simulator_stands_in_for_every_upstream(server: Server, target: Path) -> None:
    kit = Kit(
        "mirror.example.org:8443", limits_of={"wiki": LIMITS["wiki"]}, simulator_url=f"http://{server.place}/sim/"
    )
    for url in (
        "https://en.wikipedia.org/w/api.php?a=%20b",
        "http://dumps.wikimedia.org/x",
        "https://mirror.example.org:8443/",
    ):
        assert kit.gateway.fetch(Call("wiki", url), target).url == url
    assert [asked.path for asked in server.asked] == [
        "/sim/en.wikipedia.org/w/api.php?a=%20b", "/sim/dumps.wikimedia.org/x", "/sim/mirror.example.org:8443/",
    ]  # fmt: skip
    with pytest.raises(UpstreamRefusedError):
        kit.gateway.fetch(Call("wiki", "https://evil.org/"), target)
    kit.gateway.close()


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("https://en.wikipedia.org/b", "/en.wikipedia.org/b"),
        ("/b", "/dumps.wikimedia.org/b"),
        ("http://SIMULATOR/en.wikipedia.org/b", "/en.wikipedia.org/b"),
    ],
)
def test_redirects_of_the_simulator_stay_in_it(server: Server, target: Path, location: str, path: str) -> None:
    kit = Kit(limits_of={"wiki": LIMITS["wiki"]}, simulator_url=f"http://{server.place}")
    server.script = [answer(302, Location=location.replace("SIMULATOR", server.place)), answer(200, b"there")]
    kit.gateway.fetch(Call("wiki", "https://dumps.wikimedia.org/a"), target)
    assert server.asked[1].path == path
    kit.gateway.close()


@pytest.mark.parametrize("location", ["https://evil.org/", "http://SIMULATOR/evil.org/"])
def test_redirects_of_the_simulator_lead_to_allowed_hosts_only(server: Server, target: Path, location: str) -> None:
    kit = Kit(limits_of={"wiki": LIMITS["wiki"]}, simulator_url=f"http://{server.place}")
    server.script = [answer(302, Location=location.replace("SIMULATOR", server.place))]
    with pytest.raises(UpstreamRefusedError, match=r"evil\.org"):
        kit.gateway.fetch(Call("wiki", "https://dumps.wikimedia.org/a"), target)
    kit.gateway.close()


def test_beside_the_simulator_only_stand_ins_on_this_machine_are_asked(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": LIMITS["wiki"]}, simulator_url="http://127.0.0.1:9")
    kit.gateway.fetch(Call("wiki", server.url), target)
    assert server.asked[0].path == "/pageviews.gz"
    kit.gateway.close()
    guard = AddressGuard(LIMITS, {"wiki": ["mirror.example.org"]}, "http://127.0.0.1:9")
    with pytest.raises(UpstreamRefusedError, match="SIMULATOR_URL stands in"):
        guard.require_allowed(("mirror.example.org", 443), ["8.8.8.8"])


def test_an_address_configured_at_the_simulator_itself_is_asked_as_it_is(server: Server, target: Path) -> None:
    kit = Kit(server.place, limits_of={"wiki": LIMITS["wiki"]}, simulator_url=f"http://{server.place}")
    kit.gateway.fetch(Call("wiki", f"http://{server.place}/other/pageviews.gz"), target)
    assert server.asked[0].path == "/other/pageviews.gz"
    kit.gateway.close()
