"""Which addresses may be asked: the hosts of limits.yml and those the operator configured, on the public internet.

Here: the rule for a URL and the rule for an IP address. Not here: connecting (transport.py), following redirects.
"""

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from etheatmap_core.config.model import SourceLimits
from etheatmap_core.errors import UpstreamRefusedError

_PORTS = {"http": 80, "https": 443}
# What Python calls global although it leads, or may lead, to machines near us.
_NEAR = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24",  # protocol assignments, the old 6to4 relays
        "::/96", "fec0::/10", "2001::/32", "2002::/16",  # IPv4 in disguise, site-local, Teredo, 6to4
        "64:ff9b:1::/48",  # NAT64 of the local network
    )
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Place = tuple[str, int]  # host as it is written, and port


@dataclass(frozen=True)
class Target:
    """``url`` is what is meant and told; ``sent_to`` is where the request goes (the simulator, where there is one)."""

    url: httpx2.URL
    sent_to: httpx2.URL


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, in every disguise an IPv4 address can wear."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEAR)


def places_of(urls: Iterable[str]) -> frozenset[str]:
    """The host of each web address, with its port where it has one of its own; for ``allowed``. Files have none."""
    parts = [urlsplit(url) for url in urls]
    return frozenset(
        f"[{part.hostname}]{_port(part.port)}" if ":" in part.hostname else f"{part.hostname}{_port(part.port)}"
        for part in parts
        if part.scheme in _PORTS and part.hostname
    )


class AddressGuard:
    """``allowed``: for each source, the hosts of the addresses that the operator configured (see ``places_of``).

    Such a place may be private: the operator said so. Except where a source has nothing but configured addresses
    (feeds, which are copied from anywhere): those are private only if they are written so, not because a public name
    points into our network.
    """

    def __init__(
        self,
        limits: Mapping[str, SourceLimits],
        allowed: Mapping[str, Collection[str]],
        simulator_url: str | None = None,
    ) -> None:
        self._limits = limits
        self._allowed = {
            source: frozenset(place for host in hosts for place in _places(host)) for source, hosts in allowed.items()
        }
        self._simulator = httpx2.URL(simulator_url.rstrip("/")) if simulator_url else None
        configured = {
            place
            for source, places in self._allowed.items()
            for place in places
            if _is_written_as_private(place[0]) or not self._is_public_by_table(source, place)
        }
        if self._simulator is None:
            self._private = frozenset(configured)
        else:  # nobody else is asked, but for stand-ins on this machine
            here = {place for place in configured if _is_written_as_private(place[0])}
            self._private = frozenset({*here, _place_of(self._simulator)})

    def admit(self, source: str, url: str) -> Target:
        """Where a request for ``url`` goes. UpstreamRefusedError where ``source`` has no business there."""
        try:
            parsed = self._meant(httpx2.URL(url))
        except httpx2.InvalidURL as error:
            raise UpstreamRefusedError(f"{source}: an address cannot be read ({error}): correct it.") from error
        if parsed.scheme not in _PORTS:
            raise UpstreamRefusedError(f"{source}: only http and https are asked, not {parsed.scheme or 'nothing'}.")
        place = _place_of(parsed)
        if place not in self._allowed.get(source, frozenset()) and not self._is_in_table(source, place):
            raise UpstreamRefusedError(
                f"{source}: {_spelled(*place)} is not among the hosts that limits.yml or the settings allow for it."
            )
        if self._simulator is None or place in self._private:
            return Target(parsed, parsed)
        path = parsed.raw_path.decode("ascii")
        return Target(parsed, httpx2.URL(f"{self._simulator}/{parsed.netloc.decode('ascii')}{path}"))

    def require_allowed(self, place: Place, addresses: Iterable[str]) -> None:
        """Before connecting: UpstreamRefusedError unless all that ``place`` resolves to is public, or it may be not."""
        if place in self._private:
            return
        if self._simulator is not None:
            raise UpstreamRefusedError(f"{_spelled(*place)} is not asked: SIMULATOR_URL stands in for every upstream.")
        for address in addresses:
            if not is_public(address):
                raise UpstreamRefusedError(
                    f"{_spelled(*place)} is not asked: it leads to {address}, which is no address of the internet."
                )

    def _meant(self, url: httpx2.URL) -> httpx2.URL:
        """The upstream's address, where a redirect of the simulator names its stand-in."""
        simulator = self._simulator
        if simulator is None or _place_of(url) != _place_of(simulator):
            return url
        inside = url.raw_path.decode("ascii").removeprefix(simulator.raw_path.decode("ascii").rstrip("/")).lstrip("/")
        # No stand-in begins without a host's name: that is a path of an address the operator configured there.
        return httpx2.URL(f"https://{inside}") if "." in inside.partition("/")[0] else url

    def _is_in_table(self, source: str, place: Place) -> bool:
        host, port = place
        return port in _PORTS.values() and any(
            host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
            for pattern in self._limits[source].hosts
        )

    def _is_public_by_table(self, source: str, place: Place) -> bool:
        """limits.yml knows it as a public host, or knows of configured ones only."""
        return source in self._limits and (not self._limits[source].hosts or self._is_in_table(source, place))


def _place_of(url: httpx2.URL) -> Place:
    return url.raw_host.decode("ascii").lower(), url.port or _PORTS.get(url.scheme, 0)


def _places(spelled: str) -> Iterator[Place]:
    """host or host:port. Without a port both usual ones: http addresses redirect to https ones."""
    parts = urlsplit(f"//{spelled}")
    for port in (parts.port,) if parts.port else _PORTS.values():
        yield parts.hostname or "", port


def _port(port: int | None) -> str:
    return f":{port}" if port else ""


def _spelled(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_written_as_private(host: str) -> bool:
    """An IP address of a local network, or a name without a dot: nobody mistakes that for a public host."""
    try:
        return not is_public(host)
    except ValueError:
        return "." not in host
