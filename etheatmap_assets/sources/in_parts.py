"""An answer of Wikipedia that comes in several parts: asked for until the last one, replayed only where all are there.

Here: the parts of one question. Not here: what is asked, what a part says (etheatmap_core.entities.roster_facts).
"""

from collections.abc import Callable, Mapping
from typing import Any

from etheatmap_assets.sources.day_answers import DayAnswers
from etheatmap_core.entities.roster_facts import Part, parse_wikipedia
from etheatmap_core.errors import CorruptCaptureError


def whole_answer(
    answers: DayAnswers,
    key: str,
    url_of: Callable[[Mapping[str, str]], str],
    *,
    about: Mapping[str, Any],
    is_left: int,
    parse: Callable[[bytes], Part] = parse_wikipedia,
) -> list[Part] | None:
    """All parts; those a killed run has left are not asked for again. None where one is missing.

    ``url_of``: the address that goes on where a part has ended. Raises StoppedError, as ``DayAnswers.ask`` does.
    """
    parts, go_on = list[Part](), dict[str, str]()
    while True:
        part_key, url = f"{key}/{len(parts)}", url_of(go_on)
        part = answers.replay(part_key, parse) or answers.ask(part_key, url, parse, about=about, is_left=is_left)
        if part is None:
            return None
        parts.append(part)
        if not part.go_on:
            return parts
        if part.go_on == go_on:
            answers.errors.append((part_key, CorruptCaptureError(f"{url} continues where it has begun.")))
            return None
        go_on = dict(part.go_on)


def archived_parts(answers: DayAnswers, key: str) -> list[Part] | None:
    """None where the last one that is there is not the last: then nothing has been counted."""
    parts = []
    for number in range(sum(one.startswith(f"{key}/") for one in answers.captured)):
        part = answers.replay(f"{key}/{number}", parse_wikipedia)
        if part is None:
            return None
        parts.append(part)
        if not part.go_on:
            return parts
    return None
