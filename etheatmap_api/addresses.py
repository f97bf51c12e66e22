"""Addresses of the platform's other services, as seen from the reader's browser."""

import re

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")


def service_url(host_header: str, port: int) -> str:
    """The service at ``port`` on the machine the reader asked; localhost when the Host header names no host."""
    match = _HOST.fullmatch(host_header.strip())
    return f"http://{match[1] if match else 'localhost'}:{port}/"
