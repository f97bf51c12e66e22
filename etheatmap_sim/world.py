"""Every upstream of a scenario on one clock: the simulator as it is served."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from etheatmap_sim.apify import apify_upstream
from etheatmap_sim.articles import Encyclopedia
from etheatmap_sim.dumps_http import dumps_upstream
from etheatmap_sim.feeds import feed_upstreams
from etheatmap_sim.gdelt import gdelt_upstream
from etheatmap_sim.google_news import google_news_upstream
from etheatmap_sim.hours import Clock
from etheatmap_sim.items import Items
from etheatmap_sim.metered import metered_upstream
from etheatmap_sim.newsapi import newsapi_upstream
from etheatmap_sim.pageviews_rest import pageviews_upstream
from etheatmap_sim.reddit import reddit_upstreams
from etheatmap_sim.scenario import Scenario
from etheatmap_sim.scraperapi import scraperapi_upstream
from etheatmap_sim.searches import Searches
from etheatmap_sim.slack import SlackRoom, slack_upstreams
from etheatmap_sim.trends import trends_upstream
from etheatmap_sim.trends_rss import trends_rss_upstream
from etheatmap_sim.upstream import Upstream
from etheatmap_sim.wikidata import wikidata_upstream
from etheatmap_sim.wikipedia import wikipedia_upstream
from etheatmap_sim.youtube import youtube_upstream


def all_upstreams(
    scenario: Scenario, items: Items, clock: Clock, publish_delay: timedelta, room: SlackRoom
) -> Sequence[Upstream]:
    """Each is mounted at its host's name; the dumps are at the root too, for WIKIMEDIA_DUMPS_URL."""
    dumps = dumps_upstream(scenario, clock, publish_delay)
    encyclopedia, searches = Encyclopedia(scenario), Searches(scenario)
    return [
        dumps,
        replace(dumps, prefix=f"/dumps.wikimedia.org{dumps.prefix}"),
        pageviews_upstream(scenario, clock),
        wikipedia_upstream(encyclopedia),
        wikidata_upstream(encyclopedia),
        trends_upstream(searches, clock),
        trends_rss_upstream(searches, items, clock),
        *reddit_upstreams(items, clock),
        *feed_upstreams(items, clock),
        google_news_upstream(items, clock),
        gdelt_upstream(items, clock),
        metered_upstream(items, clock),
        newsapi_upstream(items, clock),
        youtube_upstream(scenario, clock),
        scraperapi_upstream(items, clock),
        apify_upstream(items, clock),
        *slack_upstreams(room, clock),
    ]
