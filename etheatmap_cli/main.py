"""`etheatmap COMMAND`: the commands and their arguments. Each command's work is in the module it imports when called,
so that `etheatmap db url` does not wait for Dagster to load."""

import signal
import sys
import warnings
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from etheatmap_core.errors import EtHeatmapError
from etheatmap_core.evaluation.steps import Step
from etheatmap_core.hours import parse_hour
from etheatmap_core.settings import Settings

app = typer.Typer(
    name="etheatmap",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


class Model(StrEnum):
    """The scores that `evaluate` measures."""

    MVP = "mvp"
    ROBUST = "robust"


class Form(StrEnum):
    """The files that `evaluate` reads."""

    CSV = "csv"
    NAB = "nab"


db = typer.Typer(help="The database: its address and its schema.", no_args_is_help=True)
app.add_typer(db, name="db")


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"etheatmap {version('etheatmap')}")
        raise typer.Exit


@app.callback()
def program(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, exit.")
    ] = False,
) -> None:
    """Notices that a person, film, show or event is heating up, and says why."""


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Do the work, print the table, exit.")] = False,
) -> None:
    """The whole platform on simulated upstreams and an embedded database, from an empty folder."""
    from etheatmap_cli.demo import run_demo

    run_demo(_settings(), is_once=once)


@app.command()
def up() -> None:
    """The whole platform against the live upstreams, as .env and configs/ say."""
    from etheatmap_cli.up import run_up

    run_up(_settings())


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", metavar="HOUR", help="First hour, e.g. 2012-02-14T16 (UTC).")],
    last: Annotated[str, typer.Option("--to", metavar="HOUR", help="Last hour, inclusive.")],
    select: Annotated[str, typer.Option(help="Assets, in the order they run.")] = "wiki,heat_scores",
    missing_only: Annotated[bool, typer.Option("--missing-only", help="Leave out hours that are there.")] = False,
) -> None:
    """Collects and scores a range of hours, one run an asset."""
    from etheatmap_cli.backfill import run_backfill

    hours = (parse_hour(first), parse_hour(last))
    run_backfill(_settings(), hours, tuple(name.strip() for name in select.split(",")), is_missing_only=missing_only)


@app.command()
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A source, news, heat_scores, ...")],
    partition: Annotated[
        str | None,
        typer.Option(metavar="PARTITION", help="An hour (2026-11-20T15) or a day, UTC; default: the newest."),
    ] = None,
) -> None:
    """Makes one partition of one asset now, by hand, and says what came of it. Within the budgets, and not paced."""
    from etheatmap_cli.run import run_by_hand

    print(run_by_hand(_settings(), name, partition))


@app.command()
def api() -> None:
    """Serves the dashboard and the API (API_PORT)."""
    from etheatmap_api.server import serve
    from etheatmap_core.config.installed import installed_config
    from etheatmap_core.database.address import database_url
    from etheatmap_core.signals.known_sources import known_sources

    settings = _settings()
    # Before a database is started: a mistake in configs/ is told at once.
    config = installed_config(settings)
    known = known_sources(config, settings)
    serve(settings, known, config.budgets, database_url(settings))


@app.command()
def sources() -> None:
    """How each source is doing, when it is due next, and what switches it on."""
    from etheatmap_cli.sources import print_sources

    print_sources(_settings())


@app.command()
def budget(
    plan: Annotated[bool, typer.Option("--plan", help="What the cadences of sources.yml will use, at most.")] = False,
    reopen: Annotated[str, typer.Option(metavar="PROVIDER", help="Opens a provider that an overrun closed.")] = "",
) -> None:
    """The month's budget: what is spent, set aside and left, what is held and why, and what each source cost."""
    from etheatmap_cli.budget import print_month, print_plan, reopen_provider

    if plan and reopen:
        raise typer.BadParameter("--plan and --reopen are two different things: choose one.")
    settings = _settings()
    if reopen:
        reopen_provider(settings, reopen)
    elif plan:
        print_plan(settings)
    else:
        print_month(settings)


@app.command()
def outbox(
    resend: Annotated[str, typer.Option(metavar="KEY", help="Sends an unknown, failed or logged message again.")] = "",
    arrived: Annotated[str, typer.Option(metavar="KEY", help="Notes that an unknown one stands in the channel.")] = "",
) -> None:
    """Messages to people: those that ask for you, and the newest ones."""
    from etheatmap_cli.outbox import note_that_it_arrived, print_messages, send_again

    if resend and arrived:
        raise typer.BadParameter("--resend sends it again, --arrived says that it stands there: choose one.")
    settings = _settings()
    if resend:
        send_again(settings, resend)
    elif arrived:
        note_that_it_arrived(settings, arrived)
    else:
        print_messages(settings)


@app.command()
def evaluate(
    series: Annotated[Path, typer.Option(help="CSV with series_id,ts,value (entity,source); nab: file or folder.")],
    events: Annotated[Path, typer.Option(help="CSV with series_id,ts (kind); nab: combined_windows.json.")],
    step: Annotated[Step, typer.Option(help="How far apart the values are; nab: 5min.")] = Step.HOUR,
    model: Annotated[Model, typer.Option(help="Which score is measured.")] = Model.MVP,
    form: Annotated[Form, typer.Option("--format", help="What the files are.")] = Form.CSV,
    is_json: Annotated[bool, typer.Option("--json", help="As JSON, with intervals and the whole curve.")] = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draws recall against false alerts.")] = None,
    false_alerts_a_day: Annotated[
        float | None, typer.Option(min=0, help="What the model is told; default: 1 in 1,000 entity-days.")
    ] = None,
    judge_from: Annotated[
        int | None, typer.Option(min=0, help="Steps that are history only; default: 84 hours, 14 days, 1008 of 5min.")
    ] = None,
    censored_below: Annotated[
        float | None, typer.Option(min=0, help="A step that a series lacks and others have was below this.")
    ] = None,
) -> None:
    """How well a model finds labelled events, at each false-alert rate: recall, delay, precision, with intervals."""
    from etheatmap_cli.evaluate import Question, print_evaluation, print_nab

    if form is Form.NAB:
        print_nab(series, events, model, is_json=is_json)
        return
    print_evaluation(
        Question(series, events, step, model, is_json, plot, false_alerts_a_day, judge_from, censored_below)
    )


@db.command("url")
def db_url() -> None:
    """Prints the database's address, for psql and BI tools; starts the embedded server where none is configured."""
    from etheatmap_core.database.address import database_url, embedded_server

    settings = _settings()
    server = embedded_server(settings)
    is_started = server is not None and not (server.data_dir.exists() and server.is_running())
    print(database_url(settings))
    if is_started:
        print("Its server was started for this, and runs until `etheatmap db stop`.", file=sys.stderr)


@db.command("stop")
def db_stop() -> None:
    """Ends an embedded server that runs without `up` or `demo`."""
    from etheatmap_cli.platform import stop_database

    print(stop_database(_settings()))


@db.command("migrate")
def db_migrate() -> None:
    """Brings the schema up to date."""
    from etheatmap_core.database.address import database_url
    from etheatmap_core.database.engine import create_engine
    from etheatmap_core.database.migrate import migrate

    engine = create_engine(database_url(_settings()))
    applied = migrate(engine)
    engine.dispose()
    print(f"Applied: {', '.join(applied)}" if applied else "The schema is up to date.")


def _settings() -> Settings:
    from etheatmap_cli.demo_folder import settings_here

    return settings_here()


def main() -> None:
    """Entry point: an error meant for people ends as its one sentence and exit code 1, without a stack trace."""
    # TERM ends a command like Ctrl-C does: what it has started is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    # Upstream notes to developers (beta markers of Dagster's decorators) are not for the operator's terminal.
    warnings.filterwarnings("ignore", module=r"dagster\..*")
    try:
        app()
    except EtHeatmapError as error:
        print(f"etheatmap: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
