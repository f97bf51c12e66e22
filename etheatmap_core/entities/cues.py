"""Words that say what kind of thing is spoken of.

Here: plain tables, in normal form. Not here: how much they weigh and how near they must be (evidence).
"""

_FILM = """
    opening credits clip marathon film films movie movies trailer trailers teaser sequel sequels prequel remake
    reboot cinema cinemas theater theaters theatre theatres theatrical imax screening screenings screened premiere
    premieres director directors directed directing screenplay screenwriter script cast casting starring stars scene
    scenes poster posters dvd bluray blu-ray oscar oscars biopic cinematography cinematographer blockbuster
    franchise soundtrack score cgi grossed gross weekend flick trilogy adaptation rewatch rewatched watch watched
    watching review reviews imdb hollywood r-rated pg-13 filming shooting prop props villain protagonist spoiler
    spoilers featurette screener vfx bts set stuntman
"""
_TV = """
    opening credits clip guest guests panel series show shows episode episodes season seasons finale premiere
    premieres pilot showrunner showrunners reboot spinoff spin-off netflix hulu hbo nbc abc cbs fox cw bbc amc
    showtime fx syfy itv channel network emmy emmys renewed cancelled canceled cancellation binge binged bingeing
    rerun reruns syndication cast casting starring stars scene scenes sitcom trailer teaser watch watched watching
    rewatch rewatched tv television miniseries dvd bluray spoiler spoilers aired airs airing ratings viewers
    marathon creator cliffhanger plot actor actress review reviews recap promo poster character characters reunion
    streaming soundtrack set writers
"""
_MUSIC = """
    album albums single singles song songs track tracks tracklist lyrics lyric tour tours touring concert concerts
    band bands singer singers rapper rappers vocals vocalist mv m/v ep lp remix feat ft comeback debut debuts live
    performance performances performs performed performing perform stage grammy grammys billboard spotify itunes
    record records label drummer guitarist bassist frontman dance cover choreography fandom fans fan playlist vinyl
    music melody chart charts setlist mixtape rap rock pop hip-hop r&b duet acoustic idol idols member members
    teaser trailer soundtrack producer unplugged headliner vevo
"""
_PERSON = """
    guest actor actress star stars starring singer rapper comedian comic host hosts hosted says said tells told
    interview interviewed married wife husband boyfriend girlfriend dating arrested dead dies died death born
    birthday plays played portrays portrayed cast joins joined tweets tweeted instagram twitter wearing talks
    reveals revealed announces announced confirms opens responds admits apologizes accepts wins nominated performs
    sings jokes slams mocks shares posts surprises speaks calls explains thinks mr mrs ms photo pics
"""
_EVENT = """
    awards award nominations nominees nominee winners winner ceremony carpet host hosts lineup festival tickets
    telecast broadcast livestream speech speeches performers presenters snubs snubbed contestants finalists
    headliners attendees panel
"""
_GAME = "game games gameplay console xbox playstation nintendo dlc multiplayer gamers speedrun steam"


def _said_of(words: str, *kinds: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(words.split(), frozenset(kinds))


def _table() -> dict[str, frozenset[str]]:
    families = {"film": _FILM, "tv": _TV, "music": _MUSIC, "person": _PERSON, "event": _EVENT, "game": _GAME}
    words = {word for text in families.values() for word in text.split()}
    return {word: frozenset(name for name, text in families.items() if word in text.split()) for word in words}


# word → the kinds of thing it is said of
CUES: dict[str, frozenset[str]] = _table()

# What stands directly before a name of the kind: "watching Lost", "starring Pink", "cast of Heat", "feat. Future".
BEFORE: dict[str, frozenset[str]] = {
    **_said_of("watch watched watching rewatch rewatched rewatching binged saw loved streaming", "film", "tv"),
    **_said_of("starring feat ft featuring actor actress", "person"),
    **_said_of("movie film sequel trilogy pixar's disney's", "film"),
    **_said_of("series show sitcom drama hbo's nbc's amc's fox's abc's", "tv"),
    **_said_of("band group album song single mv duo trio", "music"),
    **_said_of("singer rapper", "music", "person"),
}
# What people and works do, right behind their names in headlines.
_DOINGS = """
    announces announce announced responds respond returns return returned postpones postpone postponed cancels
    cancelled canceled wins won drops dropped debuts debuted reveals revealed confirms confirmed breaks broke beats
    beat tops topped sweeps swept leaves left joins joined quits finishes finished ends ended stars starred says
    said tells told talks performs performed sings sang plays played headlines headlined hosts hosted releases
    released premieres premiered opens opened earns earned grosses grossed flies crosses crossed went gave gets
    makes made kept is was will has renewed airs aired lands scores leads led disband disbands reunite reunites
    unveils shares slams calls admits apologizes threatens recovers dies died gives lives exceeded feels felt looks
    looked thinks seems sounds deserves deserved needs should would could might hits holds ruined changed keeps
    takes took shows showed works worked never still always loses
"""
DOINGS = frozenset(_DOINGS.split())
# "<cue> of|for|from|in|on|to <name>"
LINKS = frozenset({"of", "for", "from", "in", "on", "to"})

# What a source is about, by the word it calls itself.
TOPICS: dict[str, frozenset[str]] = {
    **_said_of("film films movie movies cinema boxoffice marvelstudios oscarrace trailers horror scifi", "film"),
    **_said_of("tv television tvshows netflix hbo series cordcutters televisionsuggestions sitcoms", "tv"),
    **_said_of("music kpop pop popheads hiphop hiphopheads indieheads listentothis rnb rap rock", "music"),
    **_said_of("entertainment celebrity celebrities fauxmoi culture popculture", "film", "tv", "music"),
    **_said_of("comedy standup standupcomedy", "comedy", "tv"),
    **_said_of("awards festival event events", "event"),
    **_said_of("gaming games game", "game"),
}
