"""The processes of the platform and the order they start in; `up` and `demo` differ only in what they add."""

import logging
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import DBAPIError

from etheatmap_cli.instance import DEFINITIONS_MODULE, LOCATION, LocalInstance, psycopg2_url, without_waiting_for_disk
from etheatmap_cli.lease import in_use, is_in_use
from etheatmap_cli.preflight import PreflightError, free_port, require_free_port, require_writable_folder
from etheatmap_cli.probes import answers, listens
from etheatmap_cli.supervisor import Service, ServiceFailedError, Supervisor
from etheatmap_core.clock import system_clock
from etheatmap_core.config.installed import installed_config
from etheatmap_core.database.address import EMBEDDED_VERSION, companion_database_url, database_url, embedded_server
from etheatmap_core.database.embedded import EmbeddedPostgres
from etheatmap_core.database.engine import create_engine
from etheatmap_core.database.migrate import migrate
from etheatmap_core.sensors_alive import STARTING, beat
from etheatmap_core.settings import Settings

_LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Platform:
    """A prepared database and Dagster instance, and the environment all processes share."""

    settings: Settings
    instance: LocalInstance
    database_url: str
    extra_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **self.instance.environment(),
            "DATABASE_URL": self.database_url,
            "ETHEATMAP_HOME": str(self.settings.etheatmap_home),
            "ETHEATMAP_CONFIG_DIR": str(self.settings.etheatmap_config_dir),
            "API_PORT": str(self.settings.api_port),
            "DAGSTER_PORT": str(self.settings.dagster_port),
            "PYTHONUNBUFFERED": "1",
            **self.extra_environment,
        }

    def command(self, *words: str) -> Sequence[str]:
        return (sys.executable, "-m", *words)


def prepare(settings: Settings, extra_environment: Mapping[str, str] | None = None) -> Platform:
    """Folder, database and schema, and Dagster's configuration; starts no process but the embedded server."""
    installed_config(settings)  # a mistake there is told now, and not in the log of some process
    url = database_url(settings)
    engine = create_engine(url)
    migrate(engine)
    engine.dispose()
    instance = LocalInstance(settings.etheatmap_home / "dagster", _storage_url(settings, url), free_port())
    instance.write()
    return Platform(settings, instance, url, extra_environment or {})


def _storage_url(settings: Settings, url: str) -> str:
    """Dagster's own database: the configured one, else one beside ours on the same server."""
    if settings.dagster_postgres_url is not None:
        return psycopg2_url(settings.dagster_postgres_url.get_secret_value())
    beside = psycopg2_url(companion_database_url(url, "dagster"))
    return without_waiting_for_disk(beside) if settings.database is None else beside


@contextmanager
def prepared(
    settings: Settings, extra_environment: Mapping[str, str] | None = None, *, is_guest: bool = False
) -> Iterator[Platform]:
    """``prepare``, and at the end the embedded server is stopped, unless another command works in the same folder.

    A guest also leaves a server alone that was running before, as `etheatmap db url` starts one.
    """
    home = settings.etheatmap_home
    require_writable_folder(home, "ETHEATMAP_HOME")
    server = EmbeddedPostgres(home / "postgres", EMBEDDED_VERSION)
    stays = is_guest and server.is_running()
    try:
        with in_use(home):
            yield prepare(settings, extra_environment)
    finally:
        if settings.database is None and not stays and not is_in_use(home):
            EmbeddedPostgres.stop_leftover(server.data_dir)


def stop_database(settings: Settings) -> str:
    """Ends the embedded server. What was done, as a sentence; PreflightError where it is not ours to end."""
    server, home = embedded_server(settings), settings.etheatmap_home
    if server is None:
        raise PreflightError("The database is a configured one: stop it where it runs.")
    if is_in_use(home):
        raise PreflightError(f"A command is running in {home}: end it, and the server ends with it.")
    if not server.data_dir.exists() or not server.is_running():
        return f"No server runs in {home}."
    server.stop()
    return f"The server in {home} is stopped."


def database_keeper(settings: Settings) -> Callable[[], None]:
    """Starts the embedded server again when it has ended; a configured database is its operator's to keep."""
    server = EmbeddedPostgres(settings.etheatmap_home / "postgres", EMBEDDED_VERSION)

    def keep() -> None:
        if settings.database is None and not server.is_running():
            say("The database ended; starting it again.")
            database_url(settings)

    return keep


@contextmanager
def without_daemon_yet(platform: Platform, supervisor: Supervisor) -> Iterator[None]:
    """While the first days are filled there is no daemon, and the API should not tell people that it is dead."""
    engine, keep = create_engine(platform.database_url), supervisor.keep_alive

    def beat_too() -> None:
        keep()
        try:
            with engine.begin() as connection:
                beat(connection, STARTING, system_clock())
        except DBAPIError as error:
            _LOG.info("No heartbeat of the start: %s", type(error).__name__)  # the database is away, as keep has told

    supervisor.keep_alive = beat_too
    try:
        yield
    finally:
        supervisor.keep_alive = keep
        engine.dispose()


def require_free_ports(settings: Settings) -> None:
    """One sentence for the first port that is taken."""
    if settings.api_port == settings.dagster_port:
        raise PreflightError(f"API_PORT and DAGSTER_PORT are both {settings.api_port}: choose two different ports.")
    require_free_port(settings.api_port, "the dashboard", "API_PORT")
    require_free_port(settings.dagster_port, "the Dagster UI", "DAGSTER_PORT")


def services(platform: Platform) -> dict[str, Service]:
    """Code server, webserver, daemon and API, by name, in the order they should start."""
    home, settings = platform.instance.home, platform.settings
    workspace = ("-w", str(home / "workspace.yaml"))
    code_port, web_port, api_port = platform.instance.code_server_port, settings.dagster_port, settings.api_port
    api = platform.command("etheatmap_cli.main", "api")
    code = platform.command(
        "dagster",
        "api",
        "grpc",
        "-m",
        DEFINITIONS_MODULE,
        "-h",
        _HOST,
        "-p",
        str(code_port),
        "--location-name",
        LOCATION,
    )
    web = platform.command("dagster_webserver", "-h", _HOST, "-p", str(web_port), *workspace)
    daemon = platform.command("dagster._daemon", "run", *workspace)
    return {
        service.name: service
        for service in (
            Service("API", api, platform.environment, lambda: answers(f"http://{_HOST}:{api_port}/health")),
            Service("Dagster code server", code, platform.environment, lambda: listens(code_port)),
            Service(
                "Dagster webserver",
                web,
                platform.environment,
                lambda: answers(f"http://{_HOST}:{web_port}/server_info"),
            ),
            Service("Dagster daemon", daemon, platform.environment),
        )
    }


def prepare_dagster(platform: Platform, supervisor: Supervisor) -> None:
    """Tells Dagster's processes where the code server is, and makes its tables before two of them try to at once."""
    platform.instance.write_workspace()
    command = platform.command("dagster", "instance", "migrate")
    log = supervisor.log_folder / "dagster-storage.log"
    if supervisor.run_to_end(Service("Dagster storage", command, platform.environment), log=log) != 0:
        if supervisor.is_stopping:
            raise KeyboardInterrupt  # nothing is wrong: somebody has ended the start
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise ServiceFailedError(f"Dagster's storage could not be prepared:\n{tail}")


@contextmanager
def supervised(log_folder: Path, keep_alive: Callable[[], None] = lambda: None) -> Iterator[Supervisor]:
    """A supervisor that stops on Ctrl-C and TERM, and leaves nothing running however the block ends."""
    supervisor = Supervisor(log_folder, announce=say, keep_alive=keep_alive)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not supervisor.is_stopping:
            say("Stopping.")
        supervisor.request_stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield supervisor
    finally:
        supervisor.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def announce_addresses(settings: Settings, say_line: Callable[[str], None]) -> None:
    """What a person opens next."""
    say_line(f"  Dashboard  http://{_HOST}:{settings.api_port}/trends/dashboard")
    say_line(f"  Dagster    http://{_HOST}:{settings.dagster_port}")
    say_line(f"  API        http://{_HOST}:{settings.api_port}/docs")
    say_line(f"  Sources    ETHEATMAP_HOME={shlex.quote(str(settings.etheatmap_home))} {_command()} sources")
    say_line(f"  Logs       {settings.etheatmap_home / 'logs'}")
    say_line("Ctrl-C stops everything.")


def _command() -> str:
    """What a person types: the environment need not be activated."""
    is_found = shutil.which("etheatmap") is not None
    return "etheatmap" if is_found else shlex.quote(str(Path(sys.executable).with_name("etheatmap")))


def say(line: str) -> None:
    """A line for the person at the terminal, at once."""
    print(line, flush=True)


def remove_folder(folder: Path) -> None:
    """Deletes a data folder made by this program; a missing one is fine."""
    if folder.exists():
        shutil.rmtree(folder)
