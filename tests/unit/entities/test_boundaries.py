"""Where a name may start and end: whole words in scripts with spaces, whole syllables in those without."""

import pytest

from etheatmap_core.entities.boundaries import is_whole
from etheatmap_core.entities.normalise import normalise

WHOLE = [
    ("zendaya", "Zendaya's new film"),
    ("zendaya", "Zendaya’s new film"),
    ("zendaya", "Zendaya'll win"),
    ("zendaya", "#Zendaya"),
    ("zendaya", "@zendaya please"),
    ("zendaya", "(Zendaya)"),
    ("zendaya", "a Zendaya-led cast"),
    ("zendaya", "_Zendaya_ was there"),
    ("zendaya", "**Zendaya**"),
    ("zendaya", "Tom/Zendaya"),
    ("zendaya", "It is Zendaya."),
    ("harry styles", "l'album d'Harry Styles"),
    ("oscar", "dell'Oscar"),
    ("bts", "BTS의 신곡"),
    ("bts", "BTSの新曲"),
    ("방탄소년단", "방탄소년단이 온다"),
    ("방탄소년단", "방탄소년단의 노래"),
    ("周杰倫", "今天周杰倫演唱會"),
    ("ゼンデイヤ", "女優ゼンデイヤが来日"),
    ("лиса", "Лиса поёт"),
    ("ลิซ่า", "วันนี้ลิซ่ามา"),
    ("300", "the film 300."),
    ("24", "24: the film"),
    ("p!nk", "P!nk sings"),
    ("jeopardy!", "Jeopardy!: the finale"),
]
PART = [
    ("ai", "training"),
    ("ai", "AIs"),
    ("zendaya", "zendaya_fan"),
    ("zendaya", "Zendaya2"),
    ("zendaya", "zendayas"),
    ("don", "don't"),
    ("brien", "O'Brien"),
    ("300", "1,300 people"),
    ("9", "9.5 points"),
    ("24", "at 24:15"),
    ("friends", "friends.com"),
    ("제니", "제니퍼"),
    ("소년단", "방탄소년단"),
    ("アイ", "アイドル"),
    ("лис", "лиса"),
    ("beyonc", "beyonce\u0301"),
    ("งแ", "เพลงแดง"),
    ("ม", "มา"),
]


def occurrences(name: str, text: str) -> list[bool]:
    normal = normalise(text).text
    starts = [at for at in range(len(normal)) if normal.startswith(name, at)]
    return [is_whole(normal, start, start + len(name)) for start in starts]


@pytest.mark.parametrize(("name", "text"), WHOLE)
def test_a_name_that_stands_for_itself_is_whole(name: str, text: str) -> None:
    assert any(occurrences(name, text))


@pytest.mark.parametrize(("name", "text"), PART)
def test_a_part_of_a_word_is_not(name: str, text: str) -> None:
    assert not any(occurrences(name, text))
