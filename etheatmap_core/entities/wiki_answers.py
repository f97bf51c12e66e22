"""Reading what MediaWiki's action APIs answer: a JSON object and its members, named where they are not as expected."""

import json
from collections.abc import Mapping
from typing import Any

from etheatmap_core.errors import CorruptCaptureError


def by_language(entity: Mapping[str, Any], name: str, what: str) -> Mapping[str, Any]:
    """A map; an empty one is written as an empty list."""
    if entity.get(name) == []:
        return {}
    value: Mapping[str, Any] = member(entity, name, dict, what)
    return value


def json_object(body: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object; an error that the API tells with status 200 is told on."""
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise CorruptCaptureError(f"{what} is no JSON ({error}).") from error
    if not isinstance(answer, dict):
        raise CorruptCaptureError(f"{what} is no JSON object.")
    if isinstance(told := answer.get("error"), dict):
        raise CorruptCaptureError(f"{what} is an error: {told.get('code')}, {told.get('info')}")
    return answer


def member(holder: Mapping[str, Any], name: str, kind: type, what: str) -> Any:
    value = holder.get(name)
    if not isinstance(value, kind):
        raise CorruptCaptureError(f"{what} has no '{name}' as expected: {_shown(holder)}.")
    return value


def members(holder: Mapping[str, Any], name: str, what: str, *, may_lack: bool = False) -> list[Any]:
    if may_lack and name not in holder:
        return []
    members: list[Any] = member(holder, name, list, what)
    return members


def text_of(holder: Any, name: str, what: str) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, str) or not value:
        raise CorruptCaptureError(f"{what} has no text '{name}' where it is expected: {_shown(holder)}.")
    return value


def _shown(holder: Any) -> str:
    """What is there instead, short."""
    return f"only {', '.join(map(str, holder))[:100]}" if isinstance(holder, dict) else f"{str(holder)[:100]!r}"
