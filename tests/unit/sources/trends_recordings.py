"""The recorded answers of Google Trends, as they stand in the files."""

import gzip
import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Recorded(NamedTuple):
    method: str
    url: str
    status: int
    headers: dict[str, list[str]]
    body: bytes


def cassette(realdata: Path, name: str) -> list[Recorded]:
    """The calls of ``test_<name>.yaml``, in order; bodies unpacked."""
    path = realdata / "api_google_trends" / "pytrends_cassettes" / f"test_{name}.yaml"
    return [_recorded(call) for call in yaml.load(path.read_bytes(), yaml.CSafeLoader)["interactions"]]


def current(realdata: Path, name: str) -> bytes:
    """A file recorded in October 2026."""
    return (realdata / "api_google_trends" / "gtrends_mcp_full_0.1.2" / name).read_bytes()


def hourly(body: bytes, first: int) -> bytes:
    """A recorded answer of weeks or days with its times moved: an hour each from ``first`` on. Recordings hold none of
    hours; all else is as recorded."""
    prefix, answer = body[: body.index(b"{")], json.loads(body[body.index(b"{") :])
    for position, point in enumerate(answer["default"]["timelineData"]):
        point["time"] = str(first + 3600 * position)
    return prefix + json.dumps(answer).encode()


def _recorded(call: dict[str, Any]) -> Recorded:
    request, response = call["request"], call["response"]
    body = response["body"]["string"]
    raw = body.encode() if isinstance(body, str) else body
    plain = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    return Recorded(request["method"], request["uri"], response["status"]["code"], response["headers"], plain)
