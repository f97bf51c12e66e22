"""The embedded PostgreSQL: one server a data folder, started if nobody has, joined if somebody has.

Here: its life, decided by asking it, never by process ids alone; it outlives whoever started it.
Not here: its programs (wheel.py), settings, socket and log (server_files.py), user under root (service_account.py).
"""

import fcntl
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psutil
from psycopg import pq

from etheatmap_core.database import server_files, wheel
from etheatmap_core.database.service_account import Account, service_account
from etheatmap_core.errors import DatabaseUnavailableError

START_TIMEOUT_SECONDS = 120  # crash recovery included
STOP_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.05
# Both sort by code point and lower-case Unicode; 18 does so by itself, 16 by the C library's C.UTF-8.
_LOCALES = {
    16: ("--locale=C", "--lc-ctype=C.UTF-8"),
    18: ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
}


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A handle on the server of ``data_dir``. It holds no resource: nothing happens when it is forgotten."""

    data_dir: Path
    version: int

    @classmethod
    def start(
        cls, data_dir: Path, *, version: int = 18, settings: Mapping[str, str] = MappingProxyType({})
    ) -> "EmbeddedPostgres":
        """Joins the folder's server, or starts it, and returns when it answers. Safe from several processes at once.

        ``settings`` go into postgresql.conf where the server is started, and are ignored where it is joined.
        Raises DatabaseUnavailableError, with the end of the server's log where there is one.
        """
        server = cls(data_dir.resolve(), version)
        with server._locked():
            server._require_own_version()
            server._ensure_answering(settings)
            server_files.trim_log(server.data_dir)
        return server

    @classmethod
    def stop_leftover(cls, data_dir: Path, *, version: int = 18) -> None:
        """Stops the folder's server if one runs; a missing folder is fine."""
        if data_dir.exists():
            cls(data_dir.resolve(), version).stop()

    def url(self, database: str) -> str:
        """A libpq URL over the unix socket, without a driver suffix."""
        host = server_files.recorded_socket_dir(self.data_dir) or server_files.planned_socket_dir(self.data_dir)
        return f"postgresql://postgres@/{quote(database, safe='')}?host={quote(str(host))}&port={server_files.PORT}"

    def is_running(self) -> bool:
        """Whether the server accepts connections now."""
        return pq.PGconn.ping(f"{self.url('postgres')}&connect_timeout=5".encode()) == pq.Ping.OK

    def stop(self) -> None:
        """Fast shutdown: ends open connections and returns when the server's last process is gone."""
        with self._locked():
            postmaster, socket_dir = self._postmaster(), server_files.recorded_socket_dir(self.data_dir)
            if postmaster is None:
                return
            postmaster.send_signal(signal.SIGINT)
            self._await_end()
            if socket_dir and socket_dir != self.data_dir:
                socket_dir.rmdir()

    def binary(self, name: str) -> Path:
        """The path of one of the server's programs: ``pg_dump``, ``psql`` ..."""
        return wheel.program(self.version, name)

    def _ensure_answering(self, settings: Mapping[str, str]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.is_running():
            if time.monotonic() > deadline:
                raise self._unavailable(f"did not answer within {START_TIMEOUT_SECONDS} s")
            if self._postmaster() is None or not self._has_data():
                self._launch(settings)
            else:  # starting, recovering or stopping
                time.sleep(_POLL_SECONDS)

    def _launch(self, settings: Mapping[str, str]) -> None:
        self._clear_remains()
        account = service_account(self.data_dir)
        if account:
            account.let_reach(self.data_dir)
            for folder in wheel.folders():
                account.let_use(folder)
        if not self._has_data():
            self._initialise(account)
        elif account and self.data_dir.stat().st_uid != account.uid:  # root has copied it here
            account.take(self.data_dir)
        server_files.write_settings(self.data_dir, settings, account)
        options = ("-s", "-w", "-t", str(START_TIMEOUT_SECONDS), "-l", server_files.LOG)
        started = wheel.run(account, self.binary("pg_ctl"), "start", *options, data_dir=self.data_dir)
        if started.returncode != 0:
            raise self._unavailable("could not be started", started.stdout)

    def _initialise(self, account: Account | None) -> None:
        """Makes the data folder under another name first: what a killed initdb left half made is never opened."""
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise DatabaseUnavailableError(
                f"{self.data_dir} holds files but no database: empty it, or set ETHEATMAP_HOME to another folder."
            )
        draft = self.data_dir.with_name(f".{self.data_dir.name}.new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        if account:
            account.take(draft)
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions")
        made = wheel.run(account, self.binary("initdb"), *options, *_LOCALES[self.version], data_dir=draft)
        if made.returncode != 0:
            raise self._unavailable("could not be created", made.stdout)
        draft.rename(self.data_dir)

    def _clear_remains(self) -> None:
        """Ends what a killed postmaster, or a deleted data folder, left behind; removes its lock files.

        By those PostgreSQL would take a zombie, or a stranger that got the old number, for a living server and refuse
        to start. Called under our lock when no server of this data lives. That no backend still works in the old
        shared memory, PostgreSQL checks itself, by the folder's inode, also without postmaster.pid.
        """
        for orphan in self._processes():
            with suppress(psutil.NoSuchProcess):
                orphan.kill()
        self._await_end()
        for lock in (self.data_dir / "postmaster.pid", server_files.socket_lock(self.data_dir)):
            lock.unlink(missing_ok=True)

    def _await_end(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self._processes():
            if time.monotonic() > deadline:
                raise self._unavailable(f"did not stop within {STOP_TIMEOUT_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def _processes(self) -> list[psutil.Process]:
        """The living processes of this folder's server: they work inside it, even when deleted. A zombie is nowhere."""
        found = []
        for process in psutil.process_iter(["name"]):
            with suppress(psutil.Error):  # it ended meanwhile, or is another user's
                if process.info["name"] == "postgres" and process.cwd() == str(self.data_dir):
                    found.append(process)
        return found

    def _postmaster(self) -> psutil.Process | None:
        """The server's first process; the others call themselves ``postgres: checkpointer`` and the like."""
        for process in self._processes():
            with suppress(psutil.Error):
                words = process.cmdline()  # none: it is just ending
                if words and not words[0].startswith("postgres:"):
                    return process
        return None

    def _has_data(self) -> bool:
        return (self.data_dir / "PG_VERSION").exists()

    def _require_own_version(self) -> None:
        if self.version not in wheel.VERSIONS:
            known = " and ".join(map(str, wheel.VERSIONS))
            raise DatabaseUnavailableError(f"The embedded PostgreSQL comes as {known}, not as {self.version}.")
        marker = self.data_dir / "PG_VERSION"
        if marker.exists() and (found := marker.read_text().strip()) != str(self.version):
            raise DatabaseUnavailableError(
                f"{self.data_dir} was made by PostgreSQL {found} and cannot be opened by {self.version}: dump it with "
                f"{found} and restore it into an empty folder, or set ETHEATMAP_HOME to another one."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts, joins or stops; the kernel gives the lock back when its holder dies."""
        try:
            self.data_dir.parent.mkdir(parents=True, exist_ok=True)
            with self.data_dir.with_name(f".{self.data_dir.name}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise DatabaseUnavailableError(
                f"The database folder {self.data_dir} cannot be used ({error.strerror}: {error.filename}): "
                "set ETHEATMAP_HOME to a folder you may write to."
            ) from error

    def _unavailable(self, what: str, output: str = "") -> DatabaseUnavailableError:
        said = "".join(f"\n  {line}" for line in output.splitlines())
        tail = server_files.log_tail(self.data_dir)
        return DatabaseUnavailableError(f"The database in {self.data_dir} {what}, and says:{said}{tail}")
