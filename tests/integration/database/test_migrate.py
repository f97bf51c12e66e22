"""The schema: brought up to date by many at once, all or nothing, and the same as sql/init.sql makes."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from etheatmap_core.database import migrate as migrations
from etheatmap_core.database.address import companion_database_url
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
from etheatmap_core.errors import ConfigError, DatabaseUnavailableError

RunPython = Callable[..., "subprocess.Popen[str]"]

INIT_SQL = Path(migrations.__file__).parents[2] / "sql" / "init.sql"
MIGRATE = """
import sys
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
engine = create_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(migrate(engine))
"""


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database without any table."""
    yield companion_database_url(postgres.url("postgres"), "empty")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE empty WITH (FORCE)")


@pytest.fixture
def empty(empty_url: str) -> Iterator[sa.Engine]:
    engine = create_engine(empty_url)
    yield engine
    engine.dispose()


def schema(postgres: EmbeddedPostgres, url: str) -> str:
    """pg_dump of the schema, without the random key that newer versions print."""
    command = [postgres.binary("pg_dump"), "--schema-only", "--restrict-key=same", url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tables(engine: sa.Engine) -> list[str]:
    return sa.inspect(engine).get_table_names()


def test_migrates_once_and_then_finds_nothing_to_do(empty: sa.Engine) -> None:
    assert migrate(empty) == ["0001", "0002", "0003", "0004", "0005"]
    assert {"entities", "signals", "scores", "captures"} <= set(tables(empty))
    assert migrate(empty) == []


def test_of_four_processes_at_once_one_migrates(empty_url: str, run_python: RunPython) -> None:
    processes = [run_python(MIGRATE, empty_url) for _ in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    told = [process.communicate("go\n")[0] for process in processes]
    assert sorted(told) == ["['0001', '0002', '0003', '0004', '0005']\n", "[]\n", "[]\n", "[]\n"]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]


def test_a_file_that_fails_leaves_nothing_behind(
    empty: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_initial.sql").write_text("CREATE TABLE half (id int); SELECT 1/0;")
    monkeypatch.setattr(migrations, "_SQL_FOLDER", tmp_path)
    with pytest.raises(sa.exc.DataError, match="division by zero"):
        migrate(empty)
    assert tables(empty) == []


def test_files_run_verbatim(empty: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = "CREATE TABLE said (what text);\nINSERT INTO said VALUES ('100% :sure, %s %(no)s');"
    (tmp_path / "0001_initial.sql").write_text(statements)
    for later in ("0002_sources.sql", "0003_budgets.sql", "0004_paid_sources.sql", "0005_discovery.sql"):
        (tmp_path / later).write_text("SELECT 1;")
    monkeypatch.setattr(migrations, "_SQL_FOLDER", tmp_path)
    migrate(empty)
    with empty.connect() as connection:
        assert connection.exec_driver_sql("SELECT what FROM said").scalar() == "100% :sure, %s %(no)s"


def test_a_missing_sql_folder_is_named(empty: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_SQL_FOLDER", tmp_path / "sql")
    with pytest.raises(ConfigError, match=f"{tmp_path}/sql/0001_initial.sql is missing"):
        migrate(empty)


def test_a_schema_newer_than_the_program_is_refused(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_revisions SET version_num = '9999'")
    with pytest.raises(DatabaseUnavailableError, match="at 9999, newer than this program knows"):
        migrate(engine)


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    engine = create_engine(f"postgresql://someone:hunter2@/etheatmap?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached") as refused:
        migrate(engine)
    assert "hunter2" not in str(refused.value)


def test_init_sql_makes_the_migrated_schema(
    postgres: EmbeddedPostgres, database_url: str, empty: sa.Engine, empty_url: str
) -> None:
    command = [postgres.binary("psql"), "--quiet", "--set=ON_ERROR_STOP=1", f"--file={INIT_SQL}", empty_url]
    subprocess.run(command, check=True)
    assert schema(postgres, empty_url) == schema(postgres, database_url)
    assert migrate(empty) == []
