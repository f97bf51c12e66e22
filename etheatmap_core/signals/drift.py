"""A field that may be missing, and is missing because it has another name now. Pure.

An optional field cannot be demanded of an answer. But where none of many objects has it, and all that is new beside it
is a field nobody knows, it has been renamed: a silent null would look like nothing to tell.
Here: that rule. Not here: which fields an upstream has (each reader's own).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from etheatmap_core.errors import CorruptCaptureError


def require_not_renamed(
    objects: Iterable[Mapping[str, Any]], optional: Collection[str], known: Collection[str], what: str
) -> None:
    """CorruptCaptureError, with ``what`` in its sentence, where a field of ``optional`` is in none of the objects and
    one that is neither of them nor ``known`` is in some."""
    found = {name for one in objects for name in one}
    missing, strange = sorted(set(optional) - found), sorted(found - set(optional) - set(known))
    if missing and strange:
        raise CorruptCaptureError(
            f"{what} has no {' and no '.join(map(repr, missing))} anywhere, but {', '.join(map(repr, strange))}, which "
            "nobody knows: it may be renamed."
        )
