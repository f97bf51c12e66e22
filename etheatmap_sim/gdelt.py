"""GDELT 2: a zipped file of the Global Knowledge Graph every quarter of an hour, and the lists that name the files.

Format: the GKG 2.1 codebook (27 columns between tabs, no heading), as recorded. The stamp in a file's name is the end
of its quarter. Files of events and of their mentions are listed and served too, and are empty: nobody here reads them.
"""

import hashlib
import io
import re
import unicodedata
import zipfile
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from html import escape

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from etheatmap_sim.conditional import answer
from etheatmap_sim.coverage import Channel
from etheatmap_sim.hours import Clock, floor_hour
from etheatmap_sim.items import Item, Items
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.upstream import Upstream, skew_of

NAME = "gdelt"
QUARTER = timedelta(minutes=15)
_NAME = re.compile(r"(\d{14})\.(export\.CSV|mentions\.CSV|gkg\.csv)\.zip")
_KINDS = ("export.CSV", "mentions.CSV", "gkg.csv")
_PUBLISHED_AFTER = timedelta(minutes=2)
_FILES_IN_MEMORY = 64
_THEMES = ("MEDIA_MSM", "TAX_FNCACT_ACTOR", "TAX_FNCACT_DIRECTOR", "MOVEMENT_GENERAL", "GENERAL_GOVERNMENT")
_MULTIWORD = 2  # GDELT's reader of names takes no single word for a person


def gdelt_upstream(items: Items, clock: Clock) -> Upstream:
    site = _Site(items, clock)
    routes = [
        Route("/gdeltv2/lastupdate.txt", site.send_last_update),
        Route("/gdeltv2/masterfilelist.txt", site.send_master_list),
        Route("/gdeltv2/{name}", site.send_file),
    ]
    return Upstream(NAME, "/data.gdeltproject.org", routes, hour_of)


def stamp(quarter_end: datetime) -> str:
    return f"{quarter_end:%Y%m%d%H%M%S}"


def hour_of(path: str) -> datetime | None:
    """The hour whose articles a file holds; None when the path names no file."""
    quarter_end = _quarter_end(path.rsplit("/", 1)[-1])
    return floor_hour(quarter_end - QUARTER) if quarter_end else None


class _Site:
    def __init__(self, items: Items, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._file = lru_cache(maxsize=_FILES_IN_MEMORY)(self._zipped)
        self._lines: dict[tuple[datetime, str], str] = {}

    def send_file(self, request: Request) -> Response:
        name = request.path_params["name"]
        quarter_end = _quarter_end(name)
        if quarter_end is None or not self._first <= quarter_end <= self._newest():
            return PlainTextResponse("NoSuchKey: The specified key does not exist.\n", 404)
        kind = next(kind for kind in _KINDS if kind in name)
        body = self._file(quarter_end, kind, skew_of(request))
        return answer(request, body, "application/zip", quarter_end + _PUBLISHED_AFTER)

    def send_last_update(self, _: Request) -> Response:
        newest = self._newest()
        return PlainTextResponse("".join(self._line(newest, kind) for kind in _KINDS) if newest >= self._first else "")

    def send_master_list(self, _: Request) -> Response:
        quarter_end, newest, lines = self._first, self._newest(), []
        while quarter_end <= newest:
            lines += [self._line(quarter_end, kind) for kind in _KINDS]
            quarter_end += QUARTER
        return PlainTextResponse("".join(lines))

    @cached_property
    def _first(self) -> datetime:
        return self._items.first_hour + QUARTER

    def _newest(self) -> datetime:
        """The end of the newest quarter whose files are out."""
        out = self._clock() - _PUBLISHED_AFTER
        return floor_hour(out) + QUARTER * (out.minute // 15)

    def _line(self, quarter_end: datetime, kind: str) -> str:
        """Size, MD5, address: made once a file, since making it takes the file."""
        known = self._lines.get((quarter_end, kind))
        if known is None:
            body = self._zipped(quarter_end, kind, timedelta(0))
            digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
            address = f"http://data.gdeltproject.org/gdeltv2/{stamp(quarter_end)}.{kind}.zip"
            known = self._lines[quarter_end, kind] = f"{len(body)} {digest} {address}\n"
        return known

    def _zipped(self, quarter_end: datetime, kind: str, skew: timedelta) -> bytes:
        rows = self._rows(quarter_end, skew) if kind == "gkg.csv" else []
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            # A fixed time in the archive keeps the bytes the same.
            entry = zipfile.ZipInfo(f"{stamp(quarter_end)}.{kind}", date_time=(*quarter_end.timetuple()[:6],))
            archive.writestr(entry, "".join(rows), zipfile.ZIP_DEFLATED, compresslevel=6)
        return file.getvalue()

    def _rows(self, quarter_end: datetime, skew: timedelta) -> list[str]:
        """An agency's story is a row for each paper that carries it."""
        # What appeared in the quarter may be the copy of a story of the hour and a half before.
        recent = self._items.between(Channel.GDELT, quarter_end - timedelta(hours=2), quarter_end)
        seen = [
            (shown_at, item, place)
            for item in recent
            for place in (item.place, item.also_in)
            if place and (shown_at := item.shown_in(place)) and quarter_end - QUARTER <= shown_at < quarter_end
        ]
        seen.sort(key=lambda row: (row[0], row[1].serial, row[2]))
        batch = stamp(quarter_end)
        return [_row(f"{batch}-{turn}", at + skew, item, place) for turn, (at, item, place) in enumerate(seen)]


def _row(record_id: str, shown_at: datetime, item: Item, place: str) -> str:
    people = [named.surface for named in (*item.entities, *item.unlisted)]
    persons = [name for name in people if len(name.split()) >= _MULTIWORD]
    placed = [f"{_plain(name)},{10 + 40 * turn + hash_of(name) % 30}" for turn, name in enumerate(people)]
    word_count = 200 + hash_of(item.id) % 900
    luck = hash_of(f"tone {item.id}") / 2**64
    positive, negative = round(6 * luck, 4), round(6 * (1 - luck), 4)
    tone = f"{positive - negative:.4f},{positive},{negative},{positive + negative:.4f},21.5,0.4,{word_count}"
    located = "1#United States#US#US#39.828175#-98.5795#US"
    columns = {
        1: record_id,
        2: record_id.partition("-")[0],
        3: "1",  # from the web
        4: place,
        5: item.link_in(place),
        8: ";".join(_THEMES[: 2 + hash_of(item.id) % 3]) + ";",
        9: ";".join(f"{theme},{20 + 50 * turn}" for turn, theme in enumerate(_THEMES[:2])),
        10: located,
        11: located.replace("#US#39", "#US##39") + "#120",
        12: ";".join(_plain(name).lower() for name in persons),
        13: ";".join(where for name, where in zip(people, placed, strict=True) if name in persons),
        16: tone,
        18: f"wc:{word_count},c12.1:{word_count // 12},c12.10:{word_count // 9}",
        19: f"https://{place}/images/{item.serial}.jpg",
        24: ";".join(placed),
        27: (
            f"<PAGE_AUTHORS>{escape(item.author)}</PAGE_AUTHORS>"
            f"<PAGE_PRECISEPUBTIMESTAMP>{stamp(shown_at)}</PAGE_PRECISEPUBTIMESTAMP>"
            f"<PAGE_TITLE>{_escaped(item.title)}</PAGE_TITLE>"
        ),
    }
    return "\t".join(columns.get(number, "") for number in range(1, 28)) + "\n"


def _plain(name: str) -> str:
    """As GDELT spells names: without accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^\w\s-]", "", letters).split())


def _escaped(title: str) -> str:
    """Beyond ASCII by number, as the codebook says of extras."""
    return escape(title, quote=False).encode("ascii", "xmlcharrefreplace").decode()


def _quarter_end(name: str) -> datetime | None:
    match = _NAME.fullmatch(name)
    try:
        found = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if match else None
    except ValueError:
        return None  # the 31st of February
    return found if found and found.minute % 15 == 0 and found.second == 0 else None
