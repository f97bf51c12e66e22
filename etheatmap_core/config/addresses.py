"""Web and database addresses as people type them into settings and config files."""

from urllib.parse import urlsplit

_LOCAL = ("file", "unix")  # name a path on this machine
_DATABASES = ("postgresql", "postgres")  # may name a socket in the query instead of a host


def is_address(text: str, *schemes: str) -> bool:
    """Whether ``text`` is a whole URL of one of ``schemes``; a driver as in ``postgresql+psycopg://`` is allowed."""
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0  # reading the port checks it
    except ValueError:
        return False
    scheme, _, driver = parts.scheme.partition("+")
    if scheme not in schemes or any(character.isspace() for character in text):
        return False
    if scheme in _LOCAL:
        return text.startswith(f"{scheme}:///")
    if scheme in _DATABASES:
        return text.startswith(f"{parts.scheme}://")
    return has_host and not driver
