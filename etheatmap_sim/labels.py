"""The truth about single items as JSON: whom a post or an article names, and whom it only seems to."""

from etheatmap_sim.hours import spell_hour
from etheatmap_sim.items import Item


def item_label(item: Item) -> dict[str, object]:
    """``entities`` and ``unlisted`` are named; the letters of ``not_meant`` stand there in another sense."""
    return {
        "id": item.id,
        "title": item.title,
        "place": item.place,
        "link": item.link,
        "published_at": item.published_at.isoformat(),
        "kind": item.kind,
        "cause_start_hour": spell_hour(item.cause_start_at) if item.cause_start_at else None,
        "entities": [{"name": named.name, "surface": named.surface} for named in item.entities],
        "unlisted": [named.name for named in item.unlisted],
        "not_meant": list(item.not_meant),
        "author": item.author,
        "is_undated": item.is_undated,
        "dated_ahead_seconds": int(item.dated_ahead.total_seconds()),
        "edited_at": item.edited_at.isoformat() if item.edited_at else None,
        "edited_title": item.edited_title,
        "also_in": item.also_in,
        "also_at": item.also_at.isoformat() if item.also_at else None,
        "also_link": item.link_in(item.also_in) if item.also_in else None,
    }
