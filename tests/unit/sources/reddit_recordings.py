"""The recorded calls of Reddit's API, as they stand in the files."""

import json
from pathlib import Path
from typing import Any


def recorded_calls(realdata: Path, name: str) -> list[dict[str, Any]]:
    """The calls of ``Test<name>.json``, in order."""
    calls: list[dict[str, Any]] = json.loads((realdata / "api_reddit_praw" / f"Test{name}.json").read_bytes())[
        "interactions"
    ]
    return calls


def recorded_body(realdata: Path, name: str, position: int) -> bytes:
    """What the call at ``position`` was answered."""
    text: str = recorded_calls(realdata, name)[position]["response"]["body"]["string"]
    return text.encode()
