"""Whether a service on this machine answers; asked again and again while it starts."""

import socket
import urllib.error
import urllib.request

_HOST = "127.0.0.1"
# A proxy of the environment is for the world, not for this machine's own loopback.
_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def listens(port: int) -> bool:
    """True once something accepts connections on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((_HOST, port)) == 0


def answers(url: str) -> bool:
    """True once a GET of the address is answered with 200."""
    try:
        with _WITHOUT_PROXY.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
