"""box_office.csv: what of it is refused, which weekend a day goes by, and what becomes of a row."""

from datetime import date
from pathlib import Path

import pytest

from etheatmap_core.config.box_office import read_box_office
from etheatmap_core.errors import ConfigError
from etheatmap_core.signals.box_office import Named, WeekendFigures, charts_of

HEADER = "title,weekend_end,rank,weekend_gross_usd,total_gross_usd,theaters,weeks"
WICKED, DUNE = Named(1, ("Wicked: For Good", "Wicked 2")), Named(2, ("Dune: Part Three",))
SUNDAY = date(2026, 11, 15)


def write(folder: Path, *lines: str) -> None:
    (folder / "box_office.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


def row(title: str, end: str, rank: int = 1, gross: float = 1000.0) -> WeekendFigures:
    return WeekendFigures(title, date.fromisoformat(end), rank, gross)


def test_without_the_file_there_is_nothing(tmp_path: Path) -> None:
    assert read_box_office(tmp_path) is None


def test_what_a_cell_does_not_say_is_unknown_and_no_zero(tmp_path: Path) -> None:
    write(tmp_path, "Wicked: For Good,2026-11-15,1,40200000.5,302000000,4115,3", "Other,2026-11-15,2,7,,,")
    assert read_box_office(tmp_path) == (
        WeekendFigures("Wicked: For Good", SUNDAY, 1, 40200000.5, 302000000.0, 4115, 3),
        WeekendFigures("Other", SUNDAY, 2, 7.0),
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (",2026-11-15,1,7,,,", "title: expected a text"),
        ("A,15.11.2026,1,7,,,", "weekend_end: expected a date like 2026-11-20, found '15.11.2026'"),
        ("A,2026-11-15,,7,,,", "rank: expected a whole number of at least 1."),
        ("A,2026-11-15,0,7,,,", "rank: expected a whole number of at least 1, found '0'"),
        ("A,2026-11-15,1,,,,", "weekend_gross_usd: expected US dollars like 12400000, without signs."),
        ("A,2026-11-15,1,$7,,,", "weekend_gross_usd: expected US dollars like 12400000, without signs, found '$7'"),
        ("A,2026-11-15,1,-7,,,", "weekend_gross_usd: expected US dollars like 12400000, without signs, found '-7'"),
        ("A,2026-11-15,1,7,6,,", "total_gross_usd: expected at least weekend_gross_usd, found '6'"),
        ("A,2026-11-15,1,7,,3.5,", "theaters: expected a whole number like 3120, or nothing, found '3.5'"),
        ("A,2026-11-15,1,7,,,x", "weeks: expected a whole number of at least 1, found 'x'"),
        ("A,2026-11-15,1,7,,", "row: expected 7 columns, found 6"),
    ],
)
def test_a_slip_is_told_with_file_line_and_field(tmp_path: Path, line: str, told: str) -> None:
    write(tmp_path, "First,2026-11-15,1,7,,,", line)
    with pytest.raises(ConfigError) as error:
        read_box_office(tmp_path)
    assert str(error.value).startswith(f"box_office.csv:3: {told}")


def test_a_film_stands_once_a_weekend(tmp_path: Path) -> None:
    write(tmp_path, "A,2026-11-08,1,7,,,", "A,2026-11-15,1,7,,,", "a,2026-11-15,2,7,,,")
    with pytest.raises(ConfigError, match=r"^box_office\.csv:4: title: expected each title once \(line 3 has it too\)"):
        read_box_office(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "box_office.csv").write_text("title,weekend_end\n")
    with pytest.raises(ConfigError, match=r"box_office\.csv:1: header: expected the column 'rank'"):
        read_box_office(tmp_path)


class TestOfADay:
    def test_a_row_becomes_metrics_and_the_change_is_a_share_of_the_week_before(self) -> None:
        figures = [
            WeekendFigures("WICKED: For  Good", SUNDAY, 1, 30.0, 330.0, 4115, 2),
            row("Wicked: For Good", "2026-11-08", 1, 50.0),
        ]
        charts = charts_of(figures, SUNDAY, [WICKED, DUNE])
        assert charts.metrics == {
            1: {
                "box_office_rank": 1.0, "box_office_weeks": 2.0, "weekend_gross": 30.0, "total_gross": 330.0,
                "theater_count": 4115.0, "box_office_change": pytest.approx(-0.4),
            }
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("earlier", "change"),
        [
            ("2026-11-07", 1.0),  # a weekend with a holiday is eight days from another, or six
            ("2026-11-09", 1.0),
            ("2026-11-01", None),
            ("2026-11-14", None),
        ],
    )
    def test_the_week_before_is_six_to_eight_days_earlier(self, earlier: str, change: float | None) -> None:
        figures = [row("Wicked 2", "2026-11-15", gross=2.0), row("Wicked 2", earlier, gross=1.0)]
        assert charts_of(figures, SUNDAY, [WICKED]).metrics[1].get("box_office_change") == change

    def test_nothing_earned_before_is_no_change(self) -> None:
        figures = [row("Wicked 2", "2026-11-15"), row("Wicked 2", "2026-11-08", gross=0.0)]
        assert "box_office_change" not in charts_of(figures, SUNDAY, [WICKED]).metrics[1]

    @pytest.mark.parametrize(
        ("day", "weekend"),
        [
            (date(2026, 11, 14), date(2026, 11, 8)),
            (date(2026, 11, 15), date(2026, 11, 15)),
            (date(2026, 11, 22), date(2026, 11, 15)),
            (date(2026, 11, 23), None),
            (date(2026, 11, 7), None),
        ],
    )
    def test_it_goes_by_the_newest_weekend_that_has_ended_for_eight_days(self, day: date, weekend: date | None) -> None:
        figures = [row("Wicked 2", "2026-11-08"), row("Wicked 2", "2026-11-15")]
        assert charts_of(figures, day, [WICKED]).weekend_end == weekend

    def test_titles_that_are_nobodys_or_severals_are_listed_by_rank(self) -> None:
        twin = Named(3, ("Dune: Part Three",))
        figures = [
            row("Unheard Of", "2026-11-15", 3),
            row("Dune: Part Three", "2026-11-15", 2),
            row("Wicked 2", "2026-11-15", 1),
            row("Wicked: For Good", "2026-11-15", 4),  # the same film again, under another name
        ]
        charts = charts_of(figures, SUNDAY, [WICKED, DUNE, twin])
        assert charts.unmatched == ("Dune: Part Three", "Unheard Of", "Wicked: For Good")
        assert set(charts.metrics) == {1}
