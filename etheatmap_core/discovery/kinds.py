"""What Wikidata's classes and an article's short description make of a thing: its type and category. Pure tables.

Here: which classes, occupations and words are whose. Not here: where they come from (identities). A class that stands
in no table says nothing; whoever misses one adds a line.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Kind(NamedTuple):
    """``category`` None: of that type, and nothing says which."""

    type: str  # person, project, event
    category: str | None


HUMAN = "Q5"
DISAMBIGUATION_PAGE = "Q4167410"
_OF_CLASSES = {
    Kind("person", "music"): "Q215380 Q5741069 Q641066 Q216337 Q9212979 Q2088357",  # bands, girl groups, duos
    Kind("project", "film"): "Q11424 Q24862 Q506240 Q202866 Q29168811 Q24856 Q93204",
    Kind("project", "tv"): "Q5398426 Q1259759 Q15416 Q581714 Q63952888 Q117467246 Q3464665 Q1107",
    Kind("project", "music"): "Q482994 Q208569 Q134556 Q7366 Q105543609 Q1573906",  # albums, songs, tours
    Kind("project", "game"): "Q7889",
    Kind("project", "entertainment"): "Q24634210 Q196600 Q7725634 Q8261 Q571 Q277759 Q21198342",  # podcasts, books
    Kind("event", "awards"): "Q4504495 Q618779 Q107655869",
    Kind("event", "festival"): "Q132241 Q220505 Q868557",
    Kind("event", "music"): "Q182832",
    Kind("event", "sports"): "Q16510064 Q27020041 Q13406554 Q18608583 Q500834",
}
_OF_OCCUPATIONS = {
    "music": "Q177220 Q639669 Q488205 Q36834 Q753110 Q2252262 Q183945 Q855091 Q130857 Q486748 Q386854",
    "film": "Q33999 Q10800557 Q2526255 Q28389 Q3282637 Q2259451",
    "tv": "Q10798782 Q947873 Q578109 Q2405480",
    "comedy": "Q245068 Q18545066",
    "sports": "Q2066131 Q937857 Q3665646 Q10833314 Q19204627 Q10871364 Q11774891 Q11338576 Q13474373 Q378622 Q11513337 "
    "Q10843402 Q11607585",
    "viral": "Q17125263 Q2045208",
}
_KINDS = {one: kind for kind, ids in _OF_CLASSES.items() for one in ids.split()}
_CATEGORIES = {one: category for category, ids in _OF_OCCUPATIONS.items() for one in ids.split()}

# The words by which a description, or what stands in a title's parentheses, says what the thing is.
_OF_WORDS = {
    Kind("event", "awards"): "award ceremony|awards ceremony|award show|awards show|awards",
    Kind("event", "festival"): "film festival|music festival|arts festival|festival",
    Kind("event", "sports"): "sporting event|football match|championship game|olympic games|grand prix",
    Kind("event", None): "ceremony",
    Kind("person", "film"): "film actor|film actress|film director|film producer|filmmaker|screenwriter|actor|actress"
    "|entertainer|performer",
    Kind("person", "tv"): "television presenter|television personality|television host|tv personality|tv presenter"
    "|television actor|television actress|television producer|talk show host|game show host",
    Kind("person", "music"): "singer-songwriter|singer|rapper|musician|songwriter|record producer|composer|guitarist"
    "|drummer|pianist|disc jockey|dj|rock band|boy band|girl group|band|musical group|musical duo|duo",
    Kind("person", "comedy"): "comedian|comedienne|comic|stand-up",
    Kind("person", "sports"): "footballer|football player|basketball player|baseball player|tennis player|boxer"
    "|wrestler|golfer|swimmer|sprinter|athlete|racing driver|ice hockey player|cricketer|figure skater|gymnast",
    Kind("person", "viral"): "youtuber|internet personality|social media personality|influencer|streamer|tiktoker",
    Kind("person", None): "politician|businessman|businesswoman|entrepreneur|model|socialite|author|novelist|journalist"
    "|chef|dancer|magician|lawyer|activist|dramatist|playwright|writer|poet|artist",
    Kind("project", "film"): "short film|animated film|film series|film|movie",
    Kind("project", "tv"): "television series|tv series|web series|television show|television program|television film"
    "|television programme|television sitcom|miniseries|sitcom|tv show|reality show|game show|talk show|soap opera"
    "|production",
    Kind("project", "music"): "studio album|album|song|single|extended play|ep|concert tour|mixtape",
    Kind("project", "game"): "video game",
    Kind("project", "entertainment"): "novel|podcast|musical|book|manga|comic book|play|media franchise",
}
_WORDS = {word: kind for kind, words in _OF_WORDS.items() for word in words.split("|")}
_ANY_WORD = re.compile(
    r"\b(?:" + "|".join(re.escape(word) for word in sorted(_WORDS, key=lambda word: (-len(word), word))) + r")\b"
)
# Behind these a description tells of something else: "song BY an American singer", "city IN the film".
_HEAD_ENDS = re.compile(
    r" (?:by|of|from|in|at|on|for|about|starring|directed|featuring|performed|written|created|known|based|who|which|"
    r"that|held|to)\b|[(;:]| - "
)
_NO_ENTITY = re.compile(
    r"\b(?:character|characters|city|town|village|company|species|genus|surname|name|term|language|country|list|"
    r"district|county|label|distributor|studio|magazine|website|channel|network|award category|episode|building)\b"
)
_IN_PARENTHESES = re.compile(r"\(([^()]+)\)$")


def of_classes(kinds: Iterable[str], occupations: Sequence[str]) -> Kind | None:
    """What Wikidata says by itself; None where none of the classes stands in a table."""
    for kind in kinds:
        if kind == HUMAN:
            known = (_CATEGORIES[one] for one in occupations if one in _CATEGORIES)
            return Kind("person", next(known, None))
        if kind in _KINDS:
            return _KINDS[kind]
    return None


def of_words(title: str, description: str) -> Kind | None:
    """What the title's parentheses say, else the head of the description: "2026 film" of "2026 film by a singer"."""
    told = _IN_PARENTHESES.search(title)
    if told is not None and (kind := _of_head(told[1])) is not None:
        return kind
    return _of_head(_HEAD_ENDS.split(description, maxsplit=1)[0])


def _of_head(head: str) -> Kind | None:
    """The first thing it names; nothing where it names what is no entity."""
    folded = head.casefold()
    found = _ANY_WORD.search(folded)
    return None if found is None or _NO_ENTITY.search(folded) else _WORDS[found[0]]
