"""Links as receipts and as identities: one spelling for the many in which feeds write the same address. Pure.

Not here: following a link. No address of an item is ever asked.
"""

import re
from urllib.parse import urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What campaigns and social networks hang on a link: it says where a reader came from, not what he reads.
_TRACKING = re.compile(
    r"utm_.*|.*clid|gclsrc|gbraid|wbraid|mc_cid|mc_eid|igshid|igsh|_ga|_gl|guccounter|guce_.*|__twitter_impression",
    re.IGNORECASE,
)


def canonical_url(url: str) -> str | None:
    """The address with scheme and host in lower case, without tracking parameters, fragment, default port and user;
    None where it is no web address.

    The rest is left as it is written: a server may tell apart what looks the same.
    """
    try:
        parts = urlsplit("".join(url.split()))
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _DEFAULT_PORTS or not host:
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        place = f"{place}:{port}"
    parameters = [one for one in parts.query.split("&") if one and not _TRACKING.fullmatch(one.partition("=")[0])]
    return urlunsplit((scheme, place, parts.path or "/", "&".join(parameters), ""))


def link_key(canonical: str) -> str:
    """What two links to one page have in common: without scheme, ``www.`` and the slash at the path's end."""
    parts = urlsplit(canonical)
    page = parts.netloc.removeprefix("www.") + parts.path.rstrip("/")
    return f"{page}?{parts.query}" if parts.query else page


def domain_of(url: str) -> str | None:
    """The host without ``www.``; None where it is no web address."""
    canonical = canonical_url(url)
    return None if canonical is None else (urlsplit(canonical).hostname or "").removeprefix("www.")
