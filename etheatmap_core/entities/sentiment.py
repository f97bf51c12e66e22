"""How a text feels about what it names: VADER, with the names masked and the words of this trade put right.

Here: one number a text. Not here: which spans are names (matcher), averaging over texts (scoring).

VADER reads titles as feelings ("Wicked", "Killing Eve", "Happy Gilmore") and some of the trade's words the wrong way
round ("killed it", "grossed"). C. J. Hutto and E. Gilbert, VADER, ICWSM 2014.
"""

import re
from collections.abc import Sequence
from functools import cache

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

# In no lexicon, and a noun like the name it stands for.
_MASK = "somename"
# Valences as VADER's own: from -4 to 4.
_THRILLED = """
    banger bangers breathtaking flawless mesmerizing phenomenal riveting spellbinding unforgettable
"""
_BEST = """
    masterclass masterpiece masterpieces
"""
_GOOD = """
    addictive binged captivating classic compelling deserved devoured electrifying finest gorgeous gripping hooked
    hyped iconic immaculate magnetic slay slayed slaying slays stellar stunning timeless unmatched
"""
_FAIR = """
    bonkers gold goosebumps layered magic refreshing rewatchable rules underrated watchable
"""
_WEAK = """
    bland bloated contrived corny dated derivative formulaic generic meh noise overlong preachy predictable uneven
"""
_POOR = """
    amateurish bomb bombs chore clunky cringe cringey disjointed dragging dull exhausting flop flops forgettable
    incoherent insufferable letdown mediocre miscast nonsense overhyped overrated pointless pretentious rubbish
    slog snub snubbed soulless tedious unfunny uninspired wooden
"""
_BAD = """
    abysmal atrocious bombed dreadful dud flopped garbage snoozefest trainwreck trash unwatchable
"""
# What is made, sold, shown and felt in the dark says nothing about whether they like it.
_NEUTRAL = """
    cried cry crying gross grossed grosses grossing honestly horror joke jokes play played playing plays scare
    scared scares scarier scary sentimental seriously tears terrifying thriller villain villains
"""
_WORDS = {
    word: valence
    for words, valence in (
        (_BEST, 3.2),
        (_THRILLED, 2.6),
        (_GOOD, 2.0),
        (_FAIR, 1.4),
        (_WEAK, -1.4),
        (_POOR, -2.0),
        (_BAD, -2.6),
        (_NEUTRAL, 0.0),
    )
    for word in words.split()
}
# What several words say together, as one word of the lexicon.
_PHRASES = {
    r"(?:absolutely |totally |really )?kill(?:ed|s|ing) it": ("killedit", 2.8),
    r"blew (?:me|us|my mind|everyone|everybody) away|blew my mind|mind[- ]?blowing": ("blewaway", 3.0),
    r"(?:was|were|is|are|looks|so|pretty|that'?s) gross": ("isgross", -2.1),
    r"(?:ate|eats) (?:and left no crumbs|that up)|left no crumbs": ("ateit", 2.6),
    r"(?:the )?goat": ("thegoat", 2.6),
    r"(?:stuck|sticks|sticking) the landing": ("stucklanding", 2.2),
    r"(?:fell|falls|falling) flat": ("fellflat", -2.2),
    r"(?:ran|run|runs|running) out of (?:ideas|steam|gas)": ("outofideas", -2.0),
    r"jump(?:ed|s|ing)? the shark": ("jumpedshark", -2.4),
    r"(?:went|goes|going|gone) downhill": ("wentdownhill", -2.2),
    r"cash[- ]grab": ("cashgrab", -2.4),
    r"incredible": ("isincredible", 2.6),  # VADER knows it only as a word that strengthens the next
    r"edge of (?:my|your|our) seat": ("edgeofseat", 2.4),
    r"(?:give|gives|gave|giving|got) (?:me )?(?:the )?chills": ("givechills", 2.2),
    r"(?:did not|didn'?t|does not|doesn'?t|never) live up to (?:the |its )?(?:hype|expectations)": (
        "notuptohype",
        -2.4,
    ),
    r"(?:live|lives|lived|living) up to (?:the |its |all the )?(?:hype|expectations)": ("liveuptohype", 2.4),
    r"exceed(?:ed|s) (?:all )?(?:my |our )?expectations": ("exceeded", 2.4),
    r"(?:fell|fall|falling) asleep": ("fellasleep", -2.2),
    r"hard pass": ("hardpass", -2.4),
    r"miss(?:ed|es) the mark": ("missedthemark", -2.0),
    r"never miss(?:es|ed)?": ("nevermisses", 2.4),
    r"(?:want|wanted) my money back|save your money": ("moneyback", -2.4),
    r"worth every (?:penny|minute|second|cent)": ("wortheverypenny", 2.6),
    r"(?:should have|should'?ve) stayed (?:dead|buried)": ("stayeddead", -2.4),
    r"at (?:his|her|its|their) (?:best|finest)": ("attheirbest", 2.6),
    r"changed my life": ("changedmylife", 2.6),
    r"(?:cannot|can'?t|could not|couldn'?t) recommend (?:it |this |them )?enough": ("recommendenough", 2.8),
    r"(?:highly|strongly) recommend(?:ed)?": ("highlyrecommend", 2.6),
    r"(?:do|does|did)(?:n'?t| not) work(?: for me)?": ("doesnotwork", -1.8),
    r"(?:is|was|what|such|an absolute|absolute) a blast": ("ablast", 2.4),
    r"(?:turned|turn|switched) it off": ("turneditoff", -1.8),
    r"(?:waste|wasted|wasting) (?:of|my) time": ("wasteoftime", -2.8),
    r"must[- ](?:see|watch)": ("mustsee", 2.4),
    r"(?:can'?t|cannot|can not) wait": ("cannotwait", 2.2),
    r"no notes": ("nonotes", 2.0),
    r"(?:holds|held) up": ("holdsup", 1.8),
    r"(?:put|puts) me to sleep|(?:bored|boring) (?:me )?to (?:death|tears)": ("boredtotears", -2.6),
    r"never gets old": ("nevergetsold", 2.2),
    r"nobody asked for|no one asked for": ("nobodyasked", -2.0),
    r"nobody cares|no one cares": ("nobodycares", -2.2),
    r"walk(?:ed|s|ing) out of": ("walkedout", -2.0),
    r"let me down|let us down|let down": ("letdown", -2.2),
    r"(?:chef'?s) kiss": ("chefskiss", 2.6),
    r"box[- ]office (?:bomb|poison|disaster)": ("officebomb", -2.6),
    r"(?:ten|10) out of (?:ten|10)|10/10": ("tenoften", 2.8),
}
_PHRASE = re.compile("|".join(rf"(?P<p{at}>\b(?:{phrase})(?!\w))" for at, phrase in enumerate(_PHRASES)), re.IGNORECASE)
_MEANT = tuple(_PHRASES.values())


def affect(text: str, spans: Sequence[tuple[int, int]]) -> float:
    """From -1 (they hate it) to 1 (they love it), 0 where the text does not say. ``spans``: the names, to be masked."""
    scores: dict[str, float] = _analyzer().polarity_scores(_PHRASE.sub(_as_one_word, masked(text, spans)))
    return scores["compound"]


def masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with a word without feeling in place of each name; spans may overlap and come in any order."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            parts += (text[at:start], _MASK)
        at = max(at, end)
    return "".join((*parts, text[at:]))


def _as_one_word(found: re.Match[str]) -> str:
    word = _MEANT[int((found.lastgroup or "p0")[1:])][0]
    return word.upper() if found[0].isupper() else word


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(_WORDS)
    analyzer.lexicon.update(dict(_MEANT))
    return analyzer
