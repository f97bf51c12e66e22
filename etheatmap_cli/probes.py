"""Whether a service on this machine answers; asked again and again while it starts."""

import socket
import urllib.error
import urllib.request

_HOST = "127.0.0.1"


def listens(port: int) -> bool:
    """True once something accepts connections on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((_HOST, port)) == 0


def answers(url: str) -> bool:
    """True once a GET of the address is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address on loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
