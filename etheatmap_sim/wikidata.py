"""Wikidata's action API, for one question: labels, aliases, descriptions and claims of items (``wbgetentities``).

Format: https://www.wikidata.org/w/api.php?action=help&modules=wbgetentities. Claims are of P31, instance of, P106,
occupation, and P577, publication date, with P291, its place.
"""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.articles import Article, Encyclopedia, Publication
from etheatmap_sim.randomness import hash_of
from etheatmap_sim.upstream import Upstream
from etheatmap_sim.wikipedia import error

NAME = "wikidata"
_MOST_IDS = 50
_LANGUAGES = ("en", "de")


def wikidata_upstream(encyclopedia: Encyclopedia) -> Upstream:
    return Upstream(NAME, "/www.wikidata.org", [Route("/w/api.php", _Api(encyclopedia).send)])


class _Api:
    def __init__(self, encyclopedia: Encyclopedia) -> None:
        self._encyclopedia = encyclopedia

    def send(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("action") != "wbgetentities" or asked.get("format") != "json":
            return error("badvalue", 'Unrecognized value for parameter "action" or "format".')
        ids = [one for one in asked.get("ids", "").split("|") if one]
        if not ids:
            return error("param-missing", 'Either provide the item "ids" or pairs of "sites" and "titles".')
        if len(ids) > _MOST_IDS:
            return error("toomanyvalues", f'Too many values supplied for parameter "ids". The limit is {_MOST_IDS}.')
        wrong = [one for one in ids if not (one[:1] == "Q" and one[1:].isdigit())]
        if wrong:
            return error("no-such-entity", f'Could not find an entity with the ID "{wrong[0]}".')
        props = asked.get("props", "info|sitelinks|aliases|labels|descriptions|claims|datatype").split("|")
        languages = asked["languages"].split("|") if "languages" in asked else _LANGUAGES
        entities = {one: self._entity(one, props, languages) for one in ids}
        return JSONResponse({"entities": entities, "success": 1})

    def _entity(self, item_id: str, props: Sequence[str], languages: Sequence[str]) -> dict[str, object]:
        article = self._encyclopedia.by_item_id.get(item_id)
        if article is None:
            return {"id": item_id, "missing": ""}
        told: dict[str, object] = {"type": "item", "id": item_id}
        spoken = [language for language in languages if language in _LANGUAGES]
        if "labels" in props:
            told["labels"] = {one: _text(one, article.entity.name) for one in spoken}
        if "aliases" in props:
            aliases = [_text("en", alias) for alias in article.item_aliases]
            told["aliases"] = {"en": aliases} if aliases and "en" in spoken else {}
        if "descriptions" in props:
            told["descriptions"] = {"en": _text("en", article.description)} if "en" in spoken else {}
        if "claims" in props:
            occupations = [_points_to(article, "P106", item) for item in article.occupations]
            published = [_published(article, one) for one in article.published]
            told["claims"] = {
                "P31": [_points_to(article, "P31", item) for item in article.instance_of],
                **({"P106": occupations} if occupations else {}),
                **({"P577": published} if published else {}),
            }
        return told


def _text(language: str, value: str) -> Mapping[str, str]:
    return {"language": language, "value": value}


def _points_to(article: Article, of: str, item: str) -> dict[str, object]:
    digest = f"{hash_of(f'{article.item_id} {item}'):016x}"
    return _statement(f"{article.item_id}${digest}", _item_snak(of, item, digest))


def _published(article: Article, one: Publication) -> dict[str, object]:
    digest = f"{hash_of(f'{article.item_id} {one}'):016x}"
    # What is not known is written as 00.
    month, day = (one.day.month if one.precision > 9 else 0, one.day.day if one.precision > 10 else 0)
    value = {
        "time": f"+{one.day.year:04}-{month:02}-{day:02}T00:00:00Z",
        "timezone": 0,
        "before": 0,
        "after": 0,
        "precision": one.precision,
        "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
    }
    snak = {
        "snaktype": "value",
        "property": "P577",
        "hash": digest,
        "datavalue": {"value": value, "type": "time"},
        "datatype": "time",
    }
    told = _statement(f"{article.item_id}${digest}", snak)
    if one.place is not None:
        told |= {"qualifiers": {"P291": [_item_snak("P291", one.place, digest)]}, "qualifiers-order": ["P291"]}
    return told


def _item_snak(of: str, item: str, digest: str) -> dict[str, object]:
    value = {"entity-type": "item", "numeric-id": int(item[1:]), "id": item}
    return {
        "snaktype": "value",
        "property": of,
        "hash": digest,
        "datavalue": {"value": value, "type": "wikibase-entityid"},
        "datatype": "wikibase-item",
    }


def _statement(statement_id: str, snak: Mapping[str, object]) -> dict[str, object]:
    return {"mainsnak": snak, "type": "statement", "id": statement_id, "rank": "normal"}
