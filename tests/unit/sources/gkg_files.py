"""GKG files: the recorded lines packed as GDELT packs them, and lines made for a rule."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = "api_gdelt"
STAMP = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def packed(*lines: str | bytes, name: str = "20261120143000.gkg.csv") -> bytes:
    content = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def recorded(realdata: Path, file: str) -> dict[str, list[bytes]]:
    """The lines of a recorded table, by its column DATE: each recording is a piece of two files, of 2015 and 2020."""
    by_stamp: dict[str, list[bytes]] = {}
    for line in (realdata / FOLDER / "spark-gdelt" / file).read_bytes().splitlines():
        by_stamp.setdefault(line.split(b"\t")[1].decode(), []).append(line)
    return by_stamp


def row(
    *,
    record: str = "20261120143000-7",
    date: str = "20261120143000",
    collection: str = "1",
    outlet: str = "variety.com",
    document: str = "https://variety.com/2026/maya-rudolph-sings",
    persons: str = "",
    tone: str = "-2.5,1,3.5,4.5,20,0.5,400",
    all_names: str = "",
    extras: str = "<PAGE_TITLE>Maya Rudolph Sings</PAGE_TITLE>",
    columns: int = 27,
) -> str:
    """A line as the codebook numbers its columns, from 1."""
    told = {1: record, 2: date, 3: collection, 4: outlet, 5: document, 13: persons, 16: tone, 24: all_names, 27: extras}
    return "\t".join(told.get(number, "") for number in range(1, columns + 1))


def columns_of(lines: Sequence[bytes]) -> set[int]:
    return {line.count(b"\t") + 1 for line in lines}
