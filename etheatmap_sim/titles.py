"""What is said: titles by template, with the name in one place, and the same words where they mean something else.

No template names anybody but through ``{name}`` and ``{other}``; ``{work}`` is an invented film or record.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from etheatmap_sim import words

_HEADLINES: Mapping[str, Sequence[str]] = {
    "person": (
        "{name} to Star in Thriller ‘{work}’ for Larkspur Pictures",
        "{name} Signs First-Look Deal With Harrowgate Studios",
        "{name} Opens Up About Life After ‘{work}’",
        "{name} Apologizes After Backlash Over Interview",
        "{name} Honored at Gala for Film Preservation",
        "{name} Cancels Two Shows, Citing Illness",
        "Why {name} Walked Away From ‘{work}’",
        "{name}’s New Record Breaks First-Day Streaming Mark",
        "BREAKING: {name} Exits ‘{work}’ Over Creative Differences",
        "{name} in Talks to Direct ‘{work}’",
        "Watch {name} Bring the House Down at Surprise Show",
        "{name} Sues Over Unpaid Royalties",
        "Record-breaking tour: {name} adds ten dates in Europe",
    ),
    "project": (
        "‘{name}’ Trailer: First Look at the Final Chapter",
        "‘{name}’ Cast on That Shocking Finale",
        "‘{name}’ Tops Weekend Box Office With $80 Million",
        "‘{name}’ Review: A Triumph That Earns Its Tears",
        "‘{name}’ Review: A Tedious, Joyless Mess",
        "‘{name}’ Delayed as Studio Reshuffles Its Slate",
        "‘{name}’ Renewed by Studio, Showrunner Returns",
        "Breaking: ‘{name}’ Star Leaves the Series",
        "How the ‘{name}’ Director Filmed the Opening Scene",
        "‘{name}’ Breaks Streaming Record in Opening Weekend",
        "‘{name}’ Soundtrack Debuts at No. 1",
    ),
    "event": (
        "{name}: The Full List of Winners",
        "{name} Lineup Announced, With Surprises",
        "{name} Ratings Jump to a Six-Year High",
        "{name} Producers Respond to Criticism",
        "How to Watch {name} Live Online",
        "{name} Moves to a New Venue",
        "{name}: Best and Worst Moments of the Night",
        "{name} Host Named After Weeks of Rumors",
    ),
}
# Behind headlines: one agency's story has the same words everywhere, two stories do not.
_TAILS = (
    ", Days Before ‘{work}’ Opens in {place}",
    " as ‘{work}’ Heads to {place}",
    " Ahead of {place} Screening of ‘{work}’",
    ": What It Means for ‘{work}’ and {place}",
    ", Weeks After {place} Turned Down ‘{work}’",
    " While {place} Waits for ‘{work}’",
)
_POSTS: Mapping[str, Sequence[str]] = {
    "person": (
        "{name} just announced a world tour",
        "TIL {name} did every stunt in {work}",
        "Unpopular opinion: {name} is overrated",
        "{name} at the premiere last night & the crowd went wild",
        "I saw {name} live and it was the best night of my life",
        "The way {name} handled that interview <3",
        "{name} being sued by former manager",
        "Can we talk about {name} and the new single?",
        "{name} spotted filming downtown",
        "So {name} apologized. Thoughts?",
    ),
    "project": (
        "Official poster for {name} (the film opens next month)",
        "{name} trailer discussion thread",
        "Just finished the last episode of {name} and I am not ok",
        "{name} has the best opening scene of any movie this year",
        "The ending of {name} makes no sense [spoilers]",
        "{name} passes $500M at the box office",
        "Rewatching {name}: does the first season hold up?",
        "What a disappointment {name} was. Worst film of the year",
        "{name} cast photo from the set",
    ),
    "event": (
        "{name} megathread",
        "{name} live discussion: winners, losers, outfits",
        "Who else is watching {name} tonight?",
        "{name} lineup is out",
        "Hot take: {name} was boring this year",
        "Best speech at {name}, hands down",
    ),
}
_SPAM = ("BUY {name} tickets cheap!!! link in bio", "{name} merch 50% OFF today only", "FREE {name} tickets click here")
_BACKGROUND_HEADLINES = (
    "Studio Layoffs Continue as Streaming Growth Slows",
    "‘{work}’ Lands Worldwide Distribution Deal",
    "How a Tiny Documentary Became an Awards Contender",
    "Casting News: ‘{work}’ Rounds Out Ensemble",
    "Cinema Chain Reports Better Quarter Than Expected",
    "Writers and Studios Resume Talks on New Contract",
    "‘{work}’ Review: Handsome, Hollow and Far Too Long",
    "Festival Programmers on the Year in Short Film",
    "County Approves New Soundstages Near {place}",
    "Ticket Prices Rise for the Fifth Straight Year",
    "‘{work}’ Wins Audience Prize at {place} Festival",
    "Recordbreaking heat closes the open-air cinema of {place}",
)
_BACKGROUND_POSTS = (
    "What is a movie that everyone loves but nobody talks about?",
    "TIL the lighthouse at {place} was moved by a mile in 1911",
    "My cat learned to open the fridge",
    "{place} votes to keep its old bridge",
    "{work} - official clip",
    "Home team wins in extra time",
    "What's the most useless fact that has stayed with you?",
    "[Fresh] The {place} Quartet - {work}",
    "A $5 poster from a garage sale & the story behind it",
    "City council of {place} bans leaf blowers",
)
# The same letters in another sense. Keyed by the name in lower case.
_EVERYDAY: Mapping[str, Sequence[str]] = {
    "you": (
        "Nobody Told You Moving House Would Cost This Much",
        "10 Things You Should Know Before Buying a Piano",
        "Would you rather work nights or weekends?",
    ),
    "wednesday": (
        "Storm Expected to Reach the Coast on Wednesday",
        "Schools in {place} Closed Wednesday After Flood",
        "Wednesday is the worst day of the week, change my mind",
    ),
    "dune": (
        "Hikers Asked to Stay Off the Largest Dune at {place}",
        "Dune buggy race returns to {place}",
        "Wind buries a road under a dune overnight",
    ),
    "wicked": (
        "A Wicked Winter Storm Is Coming to {place}",
        "Goalkeeper beaten by a wicked deflection",
        "No rest for the wicked: I start a new job on Monday",
    ),
    "barbie": (
        "Chuck another prawn on the barbie: a summer in {place}",
        "Collector Sells 1959 Barbie Doll Found in Attic",
        "Burnt sausages at the family barbie again",
    ),
    "drake": (
        "Shipwreck May Belong to Fleet of Sir Francis Drake",
        "A drake and three ducklings block traffic in {place}",
        "Drake University Breaks Ground on New Library",
    ),
    "succession": (
        "Third Straight Loss in Quick Succession for {place}",
        "Family Bakery Plans Succession After 80 Years",
        "King Changes Rules of Succession",
    ),
    "severance": (
        "Laid-Off Mill Workers Offered Six Weeks of Severance",
        "Is my severance pay taxable?",
        "Severance Talks at {place} Shipyard Collapse",
    ),
    "the bear": (
        "The Bear That Raided a {place} Kitchen Has Been Moved",
        "We met the bear on the trail again this morning",
        "Rangers Say the Bear Was Only Hungry",
    ),
    "superman": ("Yoga teachers swear by the superman pose", "My dad, our own superman, retires from the fire service"),
    "madonna": ("Stolen Madonna Returned to Chapel in {place}", "Restorers Find a Second Face Under Painted Madonna"),
    "oppenheimer": ("Oppenheimer Letters From 1946 to Be Auctioned", "Oppenheimer Funds Downgrades Its Outlook"),
    "coachella": ("Coachella City Council Approves Water Plan", "Dust storm closes the highway near Coachella"),
    "the odyssey": (
        "School Board Keeps The Odyssey on Its Reading List",
        "The Odyssey in Blank Verse, Retold",
    ),
    "friends": ("Old Friends Reopen a {place} Diner", "How do adults make friends?"),
    "it": ("It Is Raining Again in {place}", "Is it normal to talk to plants?"),
    "her": ("Woman Finds Her Wedding Ring in a Carrot", "She sold her house and bought a boat"),
}
# For invented titles that are ordinary words.
_EVERYDAY_WORD = (
    "The {capital} Left on the Steps of {place} Town Hall",
    "The {word} that changed how {place} sees itself",
    "My grandfather kept this {word} for sixty years, what is it?",
)


def title(dice: np.random.Generator, entity_type: str, name: str, *, is_post: bool, other: str | None = None) -> str:
    """A headline or a post about ``name``; ``other`` is named beside it."""
    template = _chosen(dice, (_POSTS if is_post else _HEADLINES)[entity_type])
    told = _filled(dice, template if is_post else _tailed(dice, template), name=name)
    return told if other is None else f"{told}, and {other} reacts" if is_post else f"{told}; {other} Responds"


def spam_title(name: str, turn: int) -> str:
    return _SPAM[turn % len(_SPAM)].format(name=name)


def background_title(dice: np.random.Generator, *, is_post: bool) -> str:
    if is_post:
        return _filled(dice, _chosen(dice, _BACKGROUND_POSTS))
    return _filled(dice, _tailed(dice, _chosen(dice, _BACKGROUND_HEADLINES)))


def has_everyday_sense(name: str) -> bool:
    return name.casefold() in _EVERYDAY or name in words.ORDINARY


def everyday_title(dice: np.random.Generator, name: str) -> str:
    """A title in which the name's letters mean something else; only of names that have such a sense."""
    templates = _EVERYDAY.get(name.casefold(), _EVERYDAY_WORD)
    return _filled(dice, _chosen(dice, templates), word=name.lower(), capital=name)


def entity_type_of(spelled: str) -> str:
    """The kind of templates: unknown types are spoken of as people are."""
    return spelled if spelled in _HEADLINES else "person"


def _chosen(dice: np.random.Generator, templates: Sequence[str]) -> str:
    return templates[int(dice.integers(len(templates)))]


def _tailed(dice: np.random.Generator, template: str) -> str:
    return template if "{work}" in template else template + _chosen(dice, _TAILS)


def _filled(dice: np.random.Generator, template: str, **parts: str) -> str:
    work = f"{_chosen(dice, words.ADJECTIVE)} {_chosen(dice, words.NOUN)}"
    place = _chosen(dice, words.PLACE).replace("_", " ")
    return template.format(work=work, place=place, **parts)
