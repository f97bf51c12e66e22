"""The files of an embedded server that are ours: its settings, its socket's folder, its log."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from etheatmap_core.database.service_account import Account
from etheatmap_core.errors import DatabaseUnavailableError

PORT = 5432  # only a part of the socket's name: nothing listens on TCP
_SOCKET = f".s.PGSQL.{PORT}"
LOG = "server.log"
_LOG_MAX_BYTES, _LOG_KEPT_BYTES = 8_000_000, 1_000_000
_SOCKET_PATH_MAX_BYTES = 103  # of macOS; Linux takes 107
_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        # A 4-core machine with 8 GB that also runs everything else.
        "shared_buffers": "256MB",
        "effective_cache_size": "2GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        "synchronous_commit": "on",
        "wal_compression": "on",
        "min_wal_size": "128MB",
        "max_wal_size": "1GB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] ",
    }
)


def write_settings(data_dir: Path, extra: Mapping[str, str], account: Account | None) -> None:
    """Writes postgresql.conf anew, and makes the socket's folder."""
    socket_dir = planned_socket_dir(data_dir)
    if socket_dir != data_dir:
        _make_private(socket_dir, account)
    socket_list = '"' + str(socket_dir).replace('"', '""') + '"'
    settings = {**_SETTINGS, "unix_socket_directories": socket_list, **extra}
    path = data_dir / "postgresql.conf"
    path.write_text(
        "# Written anew at every start; what ALTER SYSTEM sets is kept and wins.\n"
        + "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())
    )
    if account:
        account.take(path)


def recorded_socket_dir(data_dir: Path) -> Path | None:
    """Where the running server says it listens; None where no server has written that (whole)."""
    try:
        recorded = (data_dir / "postmaster.pid").read_text().splitlines()[4]
    except (FileNotFoundError, IndexError):
        return None
    return Path(recorded) if recorded else None


def planned_socket_dir(data_dir: Path) -> Path:
    """The data folder; one below the temp folder where that path is too long for a socket, or a list to libpq (commas).

    Its name depends on the database's identity too: a server whose folder was deleted must not be taken for the next.
    """
    if len(os.fsencode(data_dir / _SOCKET)) <= _SOCKET_PATH_MAX_BYTES and "," not in str(data_dir):
        return data_dir
    control = data_dir / "global" / "pg_control"
    identity = control.read_bytes()[:8] if control.exists() else b""
    digest = hashlib.sha256(os.fsencode(data_dir) + identity).hexdigest()
    return Path(tempfile.gettempdir()) / f"etheatmap-{digest[:16]}"


def socket_lock(data_dir: Path) -> Path:
    """The file that holds the number of the process that next to it listens, or once did."""
    return planned_socket_dir(data_dir) / f"{_SOCKET}.lock"


def trim_log(data_dir: Path) -> None:
    """Keeps the log's end once it is too large. The server appends, so cutting the file under it is safe."""
    log = data_dir / LOG
    if log.exists() and log.stat().st_size > _LOG_MAX_BYTES:
        with log.open("r+b") as file:
            file.seek(-_LOG_KEPT_BYTES, os.SEEK_END)
            kept = file.read()
            file.seek(0)
            file.write(kept)
            file.truncate()


def log_tail(data_dir: Path, lines: int = 12) -> str:
    """The log's last lines, indented; empty where there is no log yet."""
    log = data_dir / LOG
    said = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
    return "".join(f"\n  {line}" for line in said)


def _make_private(folder: Path, account: Account | None) -> None:
    """A folder only the server's user can enter; one that somebody else has put there is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise DatabaseUnavailableError(f"{folder} is another user's: remove it, or set TMPDIR to a private folder.")
    folder.chmod(0o700)
    if account:
        account.take(folder)
        account.let_reach(folder)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
