"""Wikidata's action API, for one question: labels, aliases and classes of items (``wbgetentities``).

Format: https://www.wikidata.org/w/api.php?action=help&modules=wbgetentities. Claims are of P31, instance of, alone.
"""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from etheatmap_sim.articles import Article, Encyclopedia
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
        if "claims" in props:
            told["claims"] = {"P31": [_instance_of(article, item) for item in article.instance_of]}
        return told


def _text(language: str, value: str) -> Mapping[str, str]:
    return {"language": language, "value": value}


def _instance_of(article: Article, item: str) -> dict[str, object]:
    digest = f"{hash_of(f'{article.item_id} {item}'):016x}"
    value = {"entity-type": "item", "numeric-id": int(item[1:]), "id": item}
    return {
        "mainsnak": {
            "snaktype": "value",
            "property": "P31",
            "hash": digest,
            "datavalue": {"value": value, "type": "wikibase-entityid"},
            "datatype": "wikibase-item",
        },
        "type": "statement",
        "id": f"{article.item_id}${digest}",
        "rank": "normal",
    }
