"""TikTok by hashtag: the videos under an entity's name written in one word, through Apify.

Asked: a run of APIFY_TIKTOK_ACTOR, key ``hashtags/1`` (tiktok_searches tells how many entities). Becomes: items, and
of each entity that was asked for ``hits``: its videos of the last day. Hashtag pages are not in the order of time: one
that gives all it may give does not tell how many there are, and the hour's reason names it.
"""

from etheatmap_assets.sources.tiktok_searches import Searches

_SEARCHES = Searches("apify_tiktok", by="hashtags", has_details=False)

SOURCE = _SEARCHES.as_source("TikTok videos of the last day under an entity's hashtag.")
