"""Who publishes: the trade press with its feeds, general news, small papers that only GDELT reads, subreddits."""

from typing import NamedTuple


class TradeOutlet(NamedTuple):
    """``path`` of its feed; ``newest``: how many items the feed shows."""

    host: str
    path: str
    name: str
    newest: int
    weight: float


# Feeds of these sites as they are addressed in public; WordPress shows ten items unless told otherwise.
TRADES = (
    TradeOutlet("variety.com", "/feed/", "Variety", 20, 0.22),
    TradeOutlet("www.hollywoodreporter.com", "/feed/", "The Hollywood Reporter", 20, 0.20),
    TradeOutlet("deadline.com", "/feed/", "Deadline", 12, 0.22),
    TradeOutlet("ew.com", "/feed/", "Entertainment Weekly", 15, 0.10),
    TradeOutlet("www.vulture.com", "/feed/rss/", "Vulture", 20, 0.08),
    TradeOutlet("www.indiewire.com", "/feed/", "IndieWire", 10, 0.08),
    TradeOutlet("www.thewrap.com", "/feed/", "TheWrap", 10, 0.10),
)
TRADE_OF = {outlet.host: outlet for outlet in TRADES}

# General news: the host that links lead to, and the name behind a headline's last dash.
NEWSROOMS = {
    "www.nytimes.com": "The New York Times",
    "www.bbc.com": "BBC",
    "www.theguardian.com": "The Guardian",
    "apnews.com": "AP News",
    "www.usatoday.com": "USA Today",
    "people.com": "People",
    "www.rollingstone.com": "Rolling Stone",
    "www.billboard.com": "Billboard",
    "www.tmz.com": "TMZ",
    "www.buzzfeed.com": "BuzzFeed",
    "www.harrowgate-courier.example": "Harrowgate Courier",
    "www.popbriefing.example": "Pop Briefing",
}

# Invented papers of the kind GDELT reads by the thousand.
SMALL_PAPERS = (
    "aldermoorgazette.example",
    "calderbaynews.example",
    "drumlinfallstimes.example",
    "eskdaletribune.example",
    "glimmerlakeherald.example",
    "islaypointpost.example",
    "kilbridechronicle.example",
    "larkspurledger.example",
    "nettlefordecho.example",
    "oxbowobserver.example",
    "saltmarshstar.example",
    "tarnvalleyvoice.example",
)

# Subreddits by what they talk about, with their subscribers.
SUBREDDITS = {
    "movies": 34_500_000,
    "television": 17_200_000,
    "boxoffice": 1_200_000,
    "netflix": 1_900_000,
    "marvelstudios": 4_100_000,
    "entertainment": 5_600_000,
    "popculturechat": 5_300_000,
    "Fauxmoi": 4_400_000,
    "celebrities": 300_000,
    "Music": 32_700_000,
    "popheads": 2_300_000,
    "hiphopheads": 2_600_000,
    "news": 29_900_000,
    "todayilearned": 41_000_000,
    "AskReddit": 56_900_000,
    "sports": 22_100_000,
    "videos": 26_800_000,
}
SUBREDDITS_OF_TYPE = {
    "person": ("popculturechat", "Fauxmoi", "entertainment", "popheads", "Music", "celebrities", "hiphopheads"),
    "project": ("movies", "television", "boxoffice", "netflix", "entertainment", "marvelstudios"),
    "event": ("entertainment", "popculturechat", "movies", "Music", "popheads"),
}
SUBREDDITS_OF_OTHER_THINGS = ("news", "todayilearned", "AskReddit", "sports", "videos", "movies", "Music")
PRIVATE_SUBREDDIT = "backstagepasses"
