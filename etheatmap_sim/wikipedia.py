"""English Wikipedia's action API, for one question: which articles do these titles lead to, and what leads to them.

Format: https://www.mediawiki.org/wiki/API:Query with ``formatversion=2``; ``prop=redirects|pageprops``, paged as there,
and ``description``; of a page of meanings also ``generator=links``.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.articles import Article, Encyclopedia
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.upstream import Upstream

NAME = "wikipedia"
_MOST_TITLES = 50
_MOST_REDIRECTS = 500  # in one answer, of all its pages together
_PROPS_DONE = "||pageprops"  # how a continued question says that this part was told already


def wikipedia_upstream(encyclopedia: Encyclopedia) -> Upstream:
    return Upstream(NAME, "/en.wikipedia.org", [Route("/w/api.php", _Api(encyclopedia).send)])


class _Api:
    def __init__(self, encyclopedia: Encyclopedia) -> None:
        self._encyclopedia = encyclopedia

    def send(self, request: Request) -> Response:
        asked = request.query_params
        wanted = {"action": "query", "format": "json", "formatversion": "2"}
        for name, value in wanted.items():
            if asked.get(name) != value:
                return error("badvalue", f'Unrecognized value for parameter "{name}": {asked.get(name, "")}.')
        titles = [title for title in asked.get("titles", "").split("|") if title]
        if len(titles) > _MOST_TITLES:
            return error(
                "toomanyvalues", f'Too many values supplied for parameter "titles". The limit is {_MOST_TITLES}.'
            )
        if asked.get("generator") == "links":
            titles = [title for page in titles for title in self._encyclopedia.meanings(_canonical(page))]
            if not titles:
                return JSONResponse({"batchcomplete": True})
        begin = _offset(asked.get("rdcontinue"))
        if begin is None:
            return error("badcontinue", "Invalid continue param. You should pass the original value returned.")
        return JSONResponse(self._answer(titles, asked.get("prop", "").split("|"), begin, request))

    def _answer(self, titles: Sequence[str], props: Sequence[str], begin: int, request: Request) -> dict[str, object]:
        asked = request.query_params
        query: dict[str, object] = {}
        canonical = [_canonical(title) for title in titles]
        normalized = [(title, to) for title, to in zip(titles, canonical, strict=True) if title != to]
        if normalized:
            query["normalized"] = [{"fromencoded": False, "from": title, "to": to} for title, to in normalized]
        if "redirects" in asked:
            to_articles = {title: self._encyclopedia.by_redirect.get(title) for title in canonical}
            followed = [(title, article.title) for title, article in to_articles.items() if article]
            if followed:
                query["redirects"] = [{"from": title, "to": to} for title, to in followed]
            moved = dict(followed)
            canonical = [moved.get(title, title) for title in canonical]
        pages = [self._page(title) for title in dict.fromkeys(canonical)]
        told: dict[str, object] = {}
        if asked.get("continue") != _PROPS_DONE:
            for page, article in pages:
                if article:
                    page.update(_about(article, props))
        if "redirects" in props:
            told = _with_redirects(pages, begin, _limit(asked.get("rdlimit")))
        query["pages"] = [page for page, _ in pages]
        return {"continue": told, "query": query} if told else {"batchcomplete": True, "query": query}

    def _page(self, title: str) -> tuple[dict[str, object], Article | None]:
        article = self._encyclopedia.by_title.get(title)
        if article:
            return {"pageid": article.page_id, "ns": 0, "title": title}, article
        old = self._encyclopedia.by_redirect.get(title)  # asked for without ``redirects``: a page of its own
        if old:
            return {"pageid": _redirect_id(title), "ns": 0, "title": title}, None
        return {"ns": 0, "title": title, "missing": True}, None


def _about(article: Article, props: Sequence[str]) -> dict[str, object]:
    """What is told of a page beside its redirects."""
    told: dict[str, object] = {}
    if "pageprops" in props:
        extra = {"disambiguation": ""} if article.is_disambiguation else {}
        told["pageprops"] = {"wikibase_item": article.item_id, **extra}
    if "description" in props:
        told |= {"description": article.description, "descriptionsource": "local"}
    return told


def _with_redirects(
    pages: Sequence[tuple[dict[str, object], Article | None]], begin: int, limit: int
) -> dict[str, object]:
    """Gives the pages the ``limit`` redirects from the ``begin``-th on, by page; what to send to get the next ones."""
    by_page = sorted((pair for pair in pages if pair[1]), key=lambda pair: pair[1].page_id if pair[1] else 0)
    every = [(page, title) for page, article in by_page if article for title in article.redirects]
    for page, title in every[begin : begin + limit]:
        redirects = page.setdefault("redirects", [])
        if isinstance(redirects, list):
            redirects.append({"pageid": _redirect_id(title), "ns": 0, "title": title})
    if begin + limit >= len(every):
        return {}
    return {"rdcontinue": f"0|{begin + limit}", "continue": _PROPS_DONE}


def error(code: str, info: str) -> Response:
    """With status 200, as MediaWiki does."""
    body = {"error": {"code": code, "info": info, "docref": "See the API's help for usage."}}
    return JSONResponse(body, headers={"MediaWiki-API-Error": code})


def _canonical(title: str) -> str:
    spaced = " ".join(title.replace("_", " ").split())
    return spaced[:1].upper() + spaced[1:]


def _redirect_id(title: str) -> int:
    return 80_000_000 + hash_of(title) % 9_000_000


def _limit(spelled: str | None) -> int:
    if spelled == "max":
        return _MOST_REDIRECTS
    return min(_MOST_REDIRECTS, int(spelled)) if spelled and spelled.isdigit() and int(spelled) else 10


def _offset(spelled: str | None) -> int | None:
    if spelled is None:
        return 0
    parts = spelled.split("|")
    return int(parts[1]) if len(parts) == 2 and parts[1].isdigit() else None
