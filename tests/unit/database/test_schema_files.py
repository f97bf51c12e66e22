"""sql/ and the revisions tell the same story."""

from pathlib import Path

from etheatmap_core.database import migrate

SQL_FOLDER = Path(migrate.__file__).parents[2] / "sql"
REVISIONS = Path(migrate.__file__).parent / "migrations" / "versions"


def test_init_sql_is_up_to_date() -> None:
    assert (SQL_FOLDER / "init.sql").read_text() == migrate.render_init_sql(), (
        "run: python -m etheatmap_core.database.migrate"
    )


def test_every_numbered_file_has_a_revision_that_runs_it() -> None:
    files = {path.name for path in SQL_FOLDER.glob("[0-9]*.sql")}
    stubs = {path.stem.removeprefix("rev_"): path.read_text() for path in REVISIONS.glob("rev_*.py")}
    assert {name.partition("_")[0] for name in files} == set(stubs)
    assert all(f'run_sql_file("{name}")' in stubs[name.partition("_")[0]] for name in files)
