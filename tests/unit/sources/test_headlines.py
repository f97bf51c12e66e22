"""Which headlines call themselves breaking news, and which are the same."""

import pytest

from etheatmap_core.signals.headlines import headline_key, is_breaking, without_outlet


@pytest.mark.parametrize(
    "title",
    [
        "BREAKING: Maya Rudolph Exits ‘Loot’",
        "Breaking: ‘Dune’ Star Leaves",
        "breaking news: Maya Rudolph is out",
        "Breaking - Maya Rudolph is out",
        "Breaking — Maya Rudolph is out",
        "BREAKING | Maya Rudolph is out",
        "🚨 BREAKING: Maya Rudolph is out",
        "[BREAKING] Maya Rudolph is out",
        "Maya Rudolph is out (Breaking)",
        "Awards: Breaking: Maya Rudolph is out",
        "Maya Rudolph is out, BREAKING",
        "BREAKING: MAYA RUDOLPH IS OUT",
    ],
)
def test_breaking_as_a_label_is_breaking_news(title: str) -> None:
    assert is_breaking(title)


@pytest.mark.parametrize(
    "title",
    [
        "A groundbreaking documentary about Maya Rudolph",
        "Record-breaking tour: Maya Rudolph adds ten dates",
        "RECORD-BREAKING tour of Maya Rudolph",
        "Recordbreaking heat closes the cinema",
        "Heartbreaking: Maya Rudolph on loss",
        "Breaking Bad: Where is the cast now?",
        "BREAKING BAD star joins Maya Rudolph",
        "‘Breaking Bad’ Creator Returns",
        "Breaking Down the ‘Severance’ Finale",
        "Maya Rudolph on breaking into comedy: a talk",
        "A Breaking-Point for Studios",
        "BREAKING DOWN EVERY OSCAR UPSET",
        "BREAKING DOWN the ‘Severance’ Finale",
        "Exclusive: Maya Rudolph talks",
        "EXCLUSIVE: First look at ‘Dune’",
        "Maya Rudolph breaks silence",
        "",
    ],
)
def test_the_word_elsewhere_is_not(title: str) -> None:
    assert not is_breaking(title)


def test_the_outlet_at_the_end_is_no_part_of_a_headline() -> None:
    assert without_outlet("Maya Sings - Variety", "Variety") == "Maya Sings"
    assert without_outlet("Maya Sings – variety ", "Variety") == "Maya Sings"
    assert without_outlet("Maya | The A.V. Club", "The A.V. Club") == "Maya"
    assert without_outlet("Maya - Live - Variety", "Variety") == "Maya - Live"
    assert without_outlet("Maya in Variety", "Variety") == "Maya in Variety"
    assert without_outlet(" - Variety", "Variety") == " - Variety"
    assert without_outlet("Maya Sings - Variety", None) == "Maya Sings - Variety"


def test_one_headline_in_many_spellings_has_one_key() -> None:
    spellings = (
        "‘Dune’ Star Zoë Kravitz: “I’m Out” - Variety",
        "'DUNE' STAR ZOË KRAVITZ: \"I'M OUT\"",
        "'Dune' star Zoë  Kravitz — &#8220;I&#8217;m out&#8221;",
    )
    assert {headline_key(spelling, "Variety") for spelling in spellings} == {"dune star zoë kravitz i m out"}
    assert headline_key("🎬🎬") == ""
