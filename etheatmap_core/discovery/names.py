"""Names in texts that nobody tracks: runs of capitalised words, where a capital says something. Pure.

A capital says something in a sentence, not at its start, and not in a Headline Where Every Word Has One. So names are
first found in sentences; then counted wherever they stand; and of headlines alone only what several tell, in words that
no text of the hour writes small. Precision counts more than recall: whoever matters is written about again.
Here: names and how many items tell of them. Not here: what a name is (identities), who is tracked (entities).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from etheatmap_core.entities.names import CLOSED_CLASS, CommonWords, spellings
from etheatmap_core.entities.normalise import normalise
from etheatmap_core.entities.reading import Reading, Span

RECEIPTS = 5  # links kept with a name
_MOST_WORDS = 5
_HEADLINE_WORDS = 3  # a longer run of a headline is rather a sentence
_SEVERAL = 2  # texts that must tell what one alone is not believed
_SINGLE_LETTERS = 4
# Small words within names: "Robert De Niro", "Ludwig van Beethoven", "Lord of the Rings".
_SMALL_WRITTEN = "de van von der den del della di da do dos das du la le el al bin ibn ben"
_OF_NAMES = frozenset(_SMALL_WRITTEN.split())
_OF_TITLES = frozenset({"of", "the"})
_MOST_SMALL = 2  # of them in a row
# What stands before a name, capitalised, and is no part of it; nor does a name end so.
_ROLES_WRITTEN = """
    mr mrs ms dr sir dame sen rep gov prof rev sgt lt col gen capt actor actress singer rapper comedian comedienne
    director producer writer author coach editor reporter ceo cfo coo officer analyst founder cofounder screenwriter
    filmmaker songwriter photographer designer rookie congressman congresswoman president minister chancellor senator
    governor secretary republican democrat professor archbishop bishop historian chairman shri contractor manager
    engineer engineers leader owner spokesman spokeswoman via video photo photos trailer spoiler spoilers ama til rt
    psa edit
"""
_ROLES = frozenset(_ROLES_WRITTEN.split())
# What a name ends in that is no person, work or event: places, authorities, firms.
_ENDS_WRITTEN = """
    university college school institute academy hospital church cathedral museum library airport station street avenue
    ave road boulevard park square bridge island islands beach bay lake river county city town province district state
    states kingdom republic union inc corp corporation ltd llc plc co company group bank fund partners capital
    ventures holdings department ministry court committee commission council agency bureau administration house senate
    congress parliament party police army navy force forces association federation foundation society times post
    journal tribune gazette herald news magazine press media network networks systems technologies labs software
    store app phone tablet day eve week weekend month year monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
    est pst edt pdt gmt utc am pm vs ft feat dvd dvds mv ost
"""
_NO_ENTITY_ENDS = frozenset(_ENDS_WRITTEN.split())
# "New" before these is a part of the name, before others it only says that something is.
_AFTER_NEW = frozenset({"york", "zealand", "orleans", "jersey", "delhi", "hampshire", "mexico", "england", "girl"})
_INITIAL = re.compile(r"[^\W\d_]|jr|sr|st|dr|mt")
_INITIAL_LETTERS = 2
_LONG_SMALL = 4  # letters, from which on headlines give closed words a capital
_SPACES = re.compile(r"\s+")
_CODE = re.compile(r"[^\W\d_]\d|\d[^\W\d_](?!\b)")  # "S03E09", "Z86VX"; not "5th"


@dataclass(frozen=True)
class Text:
    """What one item says. ``covered``: the places of tracked entities in ``prose``, from and to."""

    title: str
    summary: str
    receipt: str  # its link
    covered: tuple[tuple[int, int], ...] = ()

    @property
    def prose(self) -> str:
        """As ``Item.prose`` puts them together."""
        return f"{self.title}\n{self.summary}" if self.summary else self.title


@dataclass(frozen=True)
class FoundName:
    """A name as most spell it, in how many different texts, and where some of them are."""

    name: str
    mentions: int
    receipts: tuple[str, ...]


class _Run(NamedTuple):
    """Words ``first`` to ``last`` of a part; ``is_sure`` where the capitals say something."""

    first: int
    last: int
    is_sure: bool


def unmatched_names(texts: Iterable[Text], words: CommonWords, tracked: Collection[str] = ()) -> tuple[FoundName, ...]:
    """The names the texts tell of, without those of ``tracked`` (names and aliases), the most told first.

    A text that is told twice, by an outlet and whoever copies it, is one. The order of the texts does not matter.
    """
    parts = [part for text in _different(texts) for part in _parts(text, words)]
    small = _written_small(parts)
    hour = _Hour(words, small, frozenset(form for name in tracked for form in spellings(name)))
    found = [(part, run) for part in parts for run in hour.runs(part)]
    sure = {part.form(run) for part, run in found if run.is_sure and hour.is_several_words(part, run)}
    headlines = _told_by_several(
        (part.form(run), part.text) for part, run in found if not run.is_sure and hour.is_several_words(part, run)
    )
    parts_of_names = {word for form in sure | headlines for word in form.split()}
    singles = _told_by_several(
        (part.form(run), part.text)
        for part, run in found
        if run.is_sure and not hour.is_several_words(part, run) and hour.is_good_single(part, run)
        and part.form(run) not in parts_of_names
    )  # fmt: skip
    return _counted(parts, sure | headlines | singles)


class _Part:
    """A title or a summary, read by itself: a headline says nothing about how its summary is written."""

    def __init__(self, text: Text, written: str, begin: int, words: CommonWords) -> None:
        self.text, self.reading = text, Reading(written, normalise(written), words)
        self.words = self.reading.words
        self._covered = [(start - begin, end - begin) for start, end in text.covered]

    def form(self, run: _Run) -> str:
        """The run in the normal form."""
        return self._cut(run, self.reading.text)

    def written(self, first: int, last: int) -> str:
        """As the text spells it, in one line, without what is not the name's."""
        start, end = self.words[first].start, self.end(last)
        return _SPACES.sub(" ", self.reading.written(start, end)).strip()

    def end(self, last: int) -> int:
        """Where the word ends, without the mark of possession."""
        word = self.words[last]
        return word.end - 2 if word.text.endswith("'s") and len(word.text) > 2 else word.end

    def gap(self, at: int) -> str:
        """What stands between the word and the next; an end of line stays one."""
        start, end = self.words[at].end, self.words[at + 1].start
        is_line = "\n" in self.reading.written(start, end)
        return "\n" if is_line else self.reading.text[start:end]

    def is_capital(self, at: int) -> bool:
        return self.words[at].shape in {"capitalised", "mixed", "upper"} and not self.words[at].text.isdigit()

    def starts_sentence(self, at: int) -> bool:
        return self.reading.starts_sentence(self.reading.place(self.words[at].start, self.words[at].end))

    def is_covered(self, run: _Run) -> bool:
        """Whether a tracked entity stands there."""
        start, end = self.reading.normalised.original(self.words[run.first].start, self.words[run.last].end)
        return any(start < last and first < end for first, last in self._covered)

    def _cut(self, run: _Run, text: str) -> str:
        return " ".join(text[self.words[run.first].start : self.end(run.last)].split())


class _Hour:
    """What the texts of the hour say together."""

    def __init__(self, words: CommonWords, small: Collection[str], tracked: Collection[str]) -> None:
        self._words, self._small, self._tracked = words, small, tracked

    def runs(self, part: _Part) -> Iterator[_Run]:
        """What could be a name, without tracked ones."""
        is_sentence = self._is_sentence(part)
        found = [trimmed for run in _capitalised(part) if (trimmed := self._trimmed(part, run)) is not None]
        if not is_sentence:
            found = [piece for run in found for piece in self._pieces(part, run)]
        found = [run for run in found if not _goes_on(part, *run)]
        for first, last in [*found, *(_quoted(part) if is_sentence else ())]:
            run = _Run(first, last, is_sentence)
            if self._is_name(part, run) and not part.is_covered(run) and part.form(run) not in self._tracked:
                yield run

    def is_several_words(self, part: _Part, run: _Run) -> bool:
        """A hyphen joins one name: "Jay-Z" is one word."""
        return " " in part.form(run)

    def is_good_single(self, part: _Part, run: _Run) -> bool:
        """One word alone is a name only where it could be nothing else, and no abbreviation."""
        word = part.words[run.first]
        form = part.form(run)
        return (
            run.first == run.last
            and word.shape in {"capitalised", "mixed"}
            and len(form) >= _SINGLE_LETTERS
            and not part.starts_sentence(run.first)
            and not self._is_common(form)
            and form not in _NO_ENTITY_ENDS
        )

    def _is_sentence(self, part: _Part) -> bool:
        """Whether the part writes common words small: more of them than with a capital that no start explains."""
        small = capital = 0
        in_quotes = {at for first, last in _quoted(part) for at in range(first, last + 1)}
        for at, word in enumerate(part.words):
            if len(word.text) < 3 or _is_closed(word.text) or at in in_quotes:
                continue
            if word.shape == "lower":
                small += 1
            elif part.is_capital(at) and self._is_usual(word.text) and not part.starts_sentence(at):
                capital += 1
        return small > capital

    def _is_usual(self, word: str) -> bool:
        """Whether it is written small here, or nearly everywhere."""
        bare = word.removesuffix("'s")
        return bare in self._small or self._words.rank(bare) == "frequent"

    def _is_common(self, word: str) -> bool:
        """Whether it can stand in a text without being a name."""
        bare = word.removesuffix("'s")
        return bare in self._small or self._words.rank(bare) is not None or self._words.is_capitalised(bare)

    def _trimmed(self, part: _Part, run: tuple[int, int]) -> tuple[int, int] | None:
        """Without roles before it, without what only starts the sentence, without small words at either end."""
        first, last = run
        roles = [at for at in range(first, last) if part.words[at].text in _ROLES]  # "French President Emmanuel Macron"
        first = roles[-1] + 1 if roles else first
        while first <= last:
            word = part.words[first].text
            is_start = part.starts_sentence(first)
            is_opener = is_start and word != "new" and (not self._words.may_be_name(word) or word in self._small)
            is_new = word == "new" and first < last and part.words[first + 1].text in _AFTER_NEW
            is_loose = _is_closed(word) and (is_start or word != "the") and not is_new
            if not (is_opener or is_loose or word.isdigit()):
                break
            first += 1
        while last >= first and _is_closed(part.words[last].text):
            last -= 1
        return (first, last) if first <= last else None

    def _pieces(self, part: _Part, run: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Of a headline: the stretches between words that are written small elsewhere."""
        first, last = run
        start: int | None = None
        for at in range(first, last + 2):
            is_in = at <= last and not (
                _is_closed(part.words[at].text)
                or part.words[at].text.removesuffix("'s") in self._small
                or (self._is_common(part.words[at].text) and not self._words.is_capitalised(part.words[at].text))
            )
            if is_in and start is None:
                start = at
            if not is_in and start is not None:
                if at - start <= _HEADLINE_WORDS:
                    yield start, at - 1
                start = None

    def _is_name(self, part: _Part, run: _Run) -> bool:
        """Whether it looks like one: not too long, not a place's or a firm's, not a date, not capitals alone."""
        texts = [part.words[at].text.removesuffix("'s") for at in range(run.first, run.last + 1)]
        if len(texts) > _MOST_WORDS + _MOST_SMALL or texts[-1] in _NO_ENTITY_ENDS | _ROLES or "i" in texts:
            return False
        if any(_CODE.search(text) for text in texts) or not any(len(text) > _INITIAL_LETTERS for text in texts):
            return False
        if all(_is_closed(text) or text.isdigit() or self._words.is_capitalised(text) for text in texts):
            return False
        shapes = {part.words[at].shape for at in range(run.first, run.last + 1)} - {"none"}
        return shapes != {"upper"}


def _goes_on(part: _Part, first: int, last: int) -> bool:
    """Is it rather the words of a headline: too many, or with a capital on "After", "While", "Will"?"""
    within = (part.words[at].text for at in range(first + 1, last))
    return last - first >= _MOST_WORDS or any(word in CLOSED_CLASS and len(word) >= _LONG_SMALL for word in within)


def _is_closed(word: str) -> bool:
    """Is it of a closed class, also with what is contracted: "I'll", "doesn't"?"""
    return word in CLOSED_CLASS or word.endswith("n't") or ("'" in word and word.partition("'")[0] in CLOSED_CLASS)


def _different(texts: Iterable[Text]) -> list[Text]:
    """Each telling once; of several with one title that of the first link."""
    found: dict[str, Text] = {}
    for text in sorted(texts, key=lambda one: (one.receipt, one.title, one.summary)):
        found.setdefault(" ".join(normalise(text.title).text.split()), text)
    return list(found.values())


def _parts(text: Text, words: CommonWords) -> Iterator[_Part]:
    yield _Part(text, text.title, 0, words)
    if text.summary:
        yield _Part(text, text.summary, len(text.title) + 1, words)


def _written_small(parts: Iterable[_Part]) -> frozenset[str]:
    """Words that the texts write small at least as often as with a capital within a line."""
    small, capital = Counter[str](), Counter[str]()
    for part in parts:
        for at, word in enumerate(part.words):
            if word.shape == "lower":
                small[word.text.removesuffix("'s")] += 1
            elif part.is_capital(at) and not part.starts_sentence(at):
                capital[word.text.removesuffix("'s")] += 1
    return frozenset(word for word, count in small.items() if count >= capital[word])


def _capitalised(part: _Part) -> Iterator[tuple[int, int]]:
    """The longest runs of capitalised words, with the small words of names between them."""
    at, count = 0, len(part.words)
    while at < count:
        if not part.is_capital(at):
            at += 1
            continue
        first = last = at
        while (following := _next(part, first, last)) is not None:
            last = following
        yield first, last
        at = last + 1


def _next(part: _Part, first: int, last: int) -> int | None:
    """The next capitalised word that belongs to the run."""
    if part.words[last].text.endswith("'s"):
        return None
    at = last
    while at + 1 < len(part.words) and _joins(part, at):
        at += 1
        if part.is_capital(at):
            return at
        word = part.words[at].text
        is_small = word in _OF_NAMES or (word in _OF_TITLES and first == last)
        if not is_small or at - last > _MOST_SMALL:
            return None
    return None


def _joins(part: _Part, at: int) -> bool:
    """Whether only a space or a hyphen stands behind the word, or the full stop of an initial."""
    gap = part.gap(at)
    return gap in {" ", "-"} or (gap in {". ", "."} and _INITIAL.fullmatch(part.words[at].text) is not None)


def _quoted(part: _Part) -> Iterator[tuple[int, int]]:
    """Titles in quotes, of several words: "Last Week Tonight"."""
    for span in part.reading.titles_in_quotes:
        first, last = _words_of(part, span)
        if last > first and part.reading.text[span.end - 1] not in ",.?!":
            yield first, last


def _words_of(part: _Part, span: Span) -> tuple[int, int]:
    place = part.reading.place(span.start, span.end)
    return place.first, place.last


def _told_by_several(told: Iterable[tuple[str, Text]]) -> set[str]:
    by_form: defaultdict[str, set[Text]] = defaultdict(set)
    for form, text in told:
        by_form[form].add(text)
    return {form for form, texts in by_form.items() if len(texts) >= _SEVERAL}


def _counted(parts: Sequence[_Part], forms: Collection[str]) -> tuple[FoundName, ...]:
    """Where each stands, with a capital, in whatever case the text is; the longest that fits."""
    longest = max((len(form.split()) + form.count("-") for form in forms), default=0)
    texts: defaultdict[str, set[Text]] = defaultdict(set)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        at = 0
        while at < len(part.words):
            run = _longest(part, at, forms, longest + 2)
            if run is None:
                at += 1
                continue
            form = part.form(run)
            texts[form].add(part.text)
            spelled[form][part.written(run.first, run.last)] += 1
            at = run.last + 1
    found = [
        FoundName(
            min(spelled[form], key=lambda one, counts=spelled[form]: (-counts[one], one)),  # type: ignore[misc]
            len(told),
            tuple(sorted({text.receipt for text in told})[:RECEIPTS]),
        )
        for form, told in texts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.mentions, one.name)))


def _longest(part: _Part, first: int, forms: Collection[str], longest: int) -> _Run | None:
    if not part.is_capital(first):
        return None
    for last in range(min(first + longest, len(part.words)) - 1, first - 1, -1):
        run = _Run(first, last, is_sure=False)
        if part.is_capital(last) and part.form(run) in forms and not part.is_covered(run):
            return run
    return None
