"""A title tells whether a page can be an entity at all."""

import pytest

from etheatmap_core.discovery.pages import PageKind, page_kind

KINDS = {
    PageKind.ARTICLE: (
        "Frank_Carson", "Frank Carson", "CSI:_Miami", "D:Ream", "2012:_Ice_Age", "2012_(film)", "50/50_(2011_film)",
        "127_Hours", "(500)_Days_of_Summer", "4chan", "84th_Academy_Awards", "The_Walking_Dead_(TV_series)",
        "Listen_Up_Philip", "March_of_the_Penguins", "May_Whitman", "Portal_2", "Talk_Talk",
        "Template_(novel)", "100%_Wolf", "AC/DC", "Timeline_(2003_film)", ".NET_Framework",
    ),
    PageKind.MAIN_PAGE: ("Main_Page", "main_page", "Main Page", "Main_Page/"),
    PageKind.NAMESPACE: (
        "Special:Search", "File:Adele_July_2008.jpg", "Category:Hanukkah", "Talk:Main_Page", "User_talk:Example",
        "/Talk:Main_Page", "Wikipedia:Your_first_article", "special:random", "Portal:Current_events",
    ),
    PageKind.LIST: (
        "List_of_Glee_episodes", "Lists_of_films", "2012_in_film", "1990s_in_music", "Deaths_in_2012",
        "Tom_Hanks_filmography", "Outline_of_music", "Timeline_of_the_far_future",
    ),
    PageKind.DATE: ("February_22", "22_February_2012", "February_2012", "2012", "1990s", "7_BC", "20th_century"),
    PageKind.DISAMBIGUATION: ("Blur_(disambiguation)",),
    PageKind.NO_TITLE: (
        "", "-", "Undefined", "undefined", "/index.php", "3search.php", "<tr>", "[object_Object]://x/init.js",
        "Kings#1979", "7px-yes_check.svg.png", "%s",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("title", "kind"), [(title, kind) for kind, titles in KINDS.items() for title in titles])
def test_what_a_title_can_be(title: str, kind: PageKind) -> None:
    assert page_kind(title) is kind
