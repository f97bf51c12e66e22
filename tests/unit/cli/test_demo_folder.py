"""Commands that are run in a demo's folder see what the demo sees."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from etheatmap_cli.demo_folder import leave, settings_here
from etheatmap_core.errors import ConfigError

DEMO = {"SIMULATOR_URL": "http://127.0.0.1:1", "REDDIT_CLIENT_ID": "simulated-client"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's own .env beside it."""
    monkeypatch.chdir(tmp_path)
    for name in DEMO:
        monkeypatch.setenv(name, "")  # so that what is set is unset again
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://somebody@db.example/real\nREDDIT_CLIENT_ID=real\n")
    monkeypatch.setenv("ETHEATMAP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_elsewhere_what_the_operator_has_set_counts_and_nothing_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_here()
    assert (settings.reddit_client_id, settings.simulator_url) == (SecretStr("real"), None)
    assert settings.database is not None
    assert capsys.readouterr().err == ""


def test_in_a_demos_folder_its_settings_count_and_never_the_operators_database(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(folder, DEMO)
    settings = settings_here()
    assert (settings.reddit_client_id, settings.simulator_url) == (SecretStr("simulated-client"), "http://127.0.0.1:1")
    assert settings.database is None
    assert os.environ["SIMULATOR_URL"] == "http://127.0.0.1:1", "for the processes it starts"
    assert "is a demo's folder: its simulated upstreams and keys apply" in capsys.readouterr().err


def test_the_demos_own_processes_have_what_they_were_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(folder, DEMO)
    for name, value in {**DEMO, "DATABASE_URL": "postgresql://demo@127.0.0.1/etheatmap"}.items():
        monkeypatch.setenv(name, value)
    assert settings_here().database_url is not None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["", "[1]", "{", '"x"'])
def test_a_file_that_is_not_a_demos_is_named(folder: Path, text: str) -> None:
    leave(folder, DEMO)
    (folder / "demo.json").write_text(text)
    with pytest.raises(ConfigError, match=r"demo\.json: expected what a demo has written there .*; run the demo again"):
        settings_here()
