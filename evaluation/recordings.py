"""Texts of the recorded upstream answers, by file and row.

Here: one reader a format; a row is a post's id, an article's URL, a feed entry's id. Not here: labels.
"""

import base64
import csv
import gzip
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]


def text_of(realdata: Path, file: str, row: str) -> str:
    """The title that a label points at. Raises LookupError where the recordings hold no such row."""
    titles = _titles(realdata / file)
    if row not in titles:
        raise LookupError(f"{file} has no row '{row}': the labels and the recordings are of different versions.")
    return titles[row]


@lru_cache(maxsize=64)
def _titles(path: Path) -> dict[str, str]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return {row["id"]: row["title"] for row in csv.DictReader(file)}
    if path.suffix == ".json":
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if "articles" in recorded:
            return {article["url"]: article["title"] for article in recorded["articles"]}
        return {name: title for body in _bodies(recorded) for name, title in _posts(body)}
    entries = feedparser.parse(path.read_bytes()).entries
    return {entry.get("id") or entry.get("link"): entry.get("title", "") for entry in entries}


def _bodies(cassette: dict[str, Any]) -> Iterator[Any]:
    """The JSON answers of a recorded conversation, packed or not."""
    for interaction in cassette.get("http_interactions") or cassette["interactions"]:
        body = interaction["response"]["body"]
        raw = base64.b64decode(body["base64_string"]) if "base64_string" in body else body.get("string", "").encode()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).lstrip()
        if text[:1] in {b"{", b"["}:
            yield json.loads(text)


def _posts(answer: Any) -> Iterator[tuple[str, str]]:
    """(fullname, title) of every post, however deep it lies."""
    if isinstance(answer, dict):
        post = answer.get("data")
        if answer.get("kind") == "t3" and isinstance(post, dict):
            yield post["name"], post["title"]
        for value in answer.values():
            yield from _posts(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _posts(value)
