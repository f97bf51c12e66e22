"""TikTok by words: the newest videos of the last day, in a search for each of a few entities, through Apify.

Asked: a run of APIFY_TIKTOK_ACTOR, key ``searchQueries/1`` (tiktok_searches tells how many entities). Becomes: items,
and of each entity that was searched for hits_24h, unique_authors_24h, view_vel_median (views an hour since it was
published, the median) and eng_ratio_median (likes, comments and shares by views). A number that a full search does not
give is left out: hits_24h is then estimated from the time the results span, or named in the hour's reason.
"""

from etheatmap_assets.sources.tiktok_searches import Searches

_SEARCHES = Searches("tt_search", by="searchQueries", has_details=True)

SOURCE = _SEARCHES.as_source(
    "TikTok videos of the last day that name an entity, by a search for each: how many, how fast seen."
)
