"""Under root the server runs as somebody else, who is let in as far as needed and no further."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from etheatmap_core.database.service_account import Account, service_account
from etheatmap_core.errors import DatabaseUnavailableError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_ordinary_user_runs_the_server_himself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert service_account(tmp_path) is None


def test_root_without_another_user_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody_there)
    with pytest.raises(DatabaseUnavailableError, match="does not run as root, and none of the users postgres, nobody"):
        service_account(tmp_path / "not there yet")


def test_the_way_is_opened_for_searching_only(tmp_path: Path) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "outer").chmod(0o700)
    (tmp_path / "outer" / "inner").chmod(0o700)
    Account(1, 1).let_reach(tmp_path / "outer" / "inner")
    assert mode(tmp_path / "outer") == 0o701
    assert mode(tmp_path / "outer" / "inner") == 0o700


def test_a_package_installed_under_a_strict_umask_becomes_usable(tmp_path: Path) -> None:
    program, library = tmp_path / "wheel" / "bin" / "postgres", tmp_path / "wheel" / "lib" / "plpgsql.so"
    for path, permissions in ((program, 0o700), (library, 0o600)):
        path.parent.mkdir(parents=True)
        path.touch()
        path.chmod(permissions)
        path.parent.chmod(0o700)
    Account(1, 1).let_use(tmp_path / "wheel")
    assert (mode(program), mode(library), mode(program.parent)) == (0o705, 0o604, 0o705)
