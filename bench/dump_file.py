"""A full-size hourly dump that nobody downloaded: seeded, so every machine measures the same bytes.

Shaped after real files of 2024: 5 million lines of about 30 bytes, sorted by project and title, 800 projects, English
Wikipedia (desktop and mobile) a good third of the lines, six in ten counts a 1, about 40 MB as gz.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

SEED = 2012
LINES = 5_000_000
# Share of all lines, as counted in a random sample of a real file (2024-08-03 05:00 UTC). The rest is a long tail.
_SHARES = {"en.m": 0.226, "en": 0.169, "ja.m": 0.060, "ru.m": 0.039, "ja": 0.039, "zh.m": 0.035, "es.m": 0.031,
           "de.m": 0.030, "zh": 0.025, "fr.m": 0.019, "es": 0.019, "it.m": 0.017, "ru": 0.016, "de": 0.013,
           "fa.m": 0.012, "pt.m": 0.010, "pl.m": 0.010, "nl.m": 0.010, "ko.m": 0.009, "id.m": 0.009}  # fmt: skip
_PROJECTS = 800
_ALPHABETS = {
    "ja": "あいうえおかきくけこさしすせそ日本東京大学山川田",
    "zh": "中国大学北京人民山河上海文化",
    "ko": "가나다라마바사한국서울",
    "ru": "абвгдежзиклмнопрстуя",
    "fa": "ابتثجحخدرزسشصضطع",
}
_LATIN = "etaoinsrhldcumfpgwybvkxjqz"
# How titles are built, in per cent.
_SHAPES = (
    ["{a}_{year}"] * 15
    + ["{a}_{b}"] * 45
    + ["{a}_{b}_{c}"] * 20
    + ["{a}_{b}_({c})"] * 10
    + ['"{a}"_{b}é'] * 3
    + ["{a}%27s_{b}"]
    + ["{a}_{b}_{c}_in_{year}"] * 6
)
_Strings = npt.NDArray[np.object_]


@dataclass(frozen=True)
class DumpFile:
    path: Path
    lines: int
    size_bytes: int
    plain_bytes: int


def full_size_dump(folder: Path, *, lines: int = LINES, seed: int = SEED) -> DumpFile:
    """The dump in ``folder``, made on the first call (about half a minute) and reused afterwards."""
    path = folder / f"pageviews-{lines}-{seed}.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with gzip.GzipFile(draft, "wb", compresslevel=6, mtime=0) as file:
            for block in _blocks(lines, np.random.default_rng(seed)):
                file.write(block)
        draft.rename(path)
    with path.open("rb") as raw:
        raw.seek(-4, 2)
        plain_bytes = int.from_bytes(raw.read(4), "little")
    return DumpFile(path, lines, path.stat().st_size, plain_bytes)


def _blocks(lines: int, rng: np.random.Generator) -> "list[bytes]":
    """One block of lines a project, in the order of the file."""
    sizes = {project: int(lines * share) for project, share in _SHARES.items()}
    tail = 1 / np.arange(2, _PROJECTS - len(sizes) + 2)
    tail_sizes = np.maximum(1, (tail / tail.sum() * (lines - sum(sizes.values()))).astype(int))
    sizes |= {f"x{_word(i)}.{'m' if i % 2 else 'd'}": int(size) for i, size in enumerate(tail_sizes)}
    sizes["en"] += lines - sum(sizes.values())
    pools: dict[str, _Strings] = {}
    blocks = []
    for project in sorted(sizes):
        wiki = project.split(".")[0]
        wanted = sizes[project]
        if wiki not in pools:
            largest = max(size for name, size in sizes.items() if name.split(".")[0] == wiki)
            pools[wiki] = _titles(int(largest * 1.5) + 20, _ALPHABETS.get(wiki, _LATIN), rng)
        pool = pools[wiki]
        # Desktop and mobile readers want mostly the same pages: both draw from one pool, front pages first.
        position = np.sort(rng.permutation(len(pool))[:wanted])
        blocks.append(_block(project, pool[position], rng))
    return blocks


def _block(project: str, titles: _Strings, rng: np.random.Generator) -> bytes:
    views = np.minimum(rng.zipf(1.75, len(titles)), 400_000)
    return "".join(f"{project} {title} {count} 0\n" for title, count in zip(titles, views, strict=True)).encode()


def _titles(count: int, alphabet: str, rng: np.random.Generator) -> _Strings:
    """At least ``count`` different titles of one to four words in byte order, a few with brackets, signs or accents."""
    letters = np.array(list(alphabet))
    is_latin = alphabet is _LATIN
    weights = np.arange(1, len(letters) + 1) ** -0.5
    lengths = rng.integers(3, 11, min(60_000, count)) if is_latin else rng.integers(2, 5, min(60_000, count))
    spelled = "".join(rng.choice(letters, int(lengths.sum()), p=weights / weights.sum()))
    ends = np.cumsum(lengths)
    words = [spelled[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    titles: set[str] = set()
    while len(titles) < count:
        size = count - len(titles) + 1000
        picked = np.minimum(rng.zipf(1.2, (size, 4)) - 1 + rng.integers(0, 2000, (size, 4)), len(words) - 1)
        shape = rng.integers(0, 100, size)
        for (a, b, c, d), kind in zip(picked.tolist(), shape.tolist(), strict=True):
            titles.add(_SHAPES[kind].format(a=words[a].capitalize(), b=words[b], c=words[c], year=1900 + d % 130))
    return np.array(sorted(titles, key=str.encode), dtype=object)


def _word(number: int) -> str:
    return "".join(_LATIN[(number // 26**place) % 26] for place in range(3))
