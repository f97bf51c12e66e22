"""Web addresses as people type them into settings and config files."""

from urllib.parse import urlsplit

_WITHOUT_HOST = ("file", "unix", "postgresql", "postgres")


def is_address(text: str, *schemes: str) -> bool:
    """Whether ``text`` is a whole URL of one of ``schemes``; a driver as in ``postgresql+psycopg://`` does not matter."""
    try:
        parts = urlsplit(text)
        scheme, _ = parts.scheme.partition("+")[0], parts.port  # reading the port checks it
    except ValueError:
        return False
    if scheme not in schemes or any(character.isspace() for character in text):
        return False
    return bool(parts.hostname) or (scheme in _WITHOUT_HOST and text.startswith(f"{parts.scheme}:///"))
