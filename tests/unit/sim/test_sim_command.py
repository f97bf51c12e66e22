"""``python -m etheatmap_sim``: says when it is ready, and refuses in one plain sentence."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from sim_builders import SHIPPED_ROSTER

from etheatmap_sim.__main__ import main
from etheatmap_sim.errors import SimulatorError
from etheatmap_sim.roster import Entity, read_roster

PROJECT = Path(__file__).parents[3]
ARGUMENTS = ["--start", "2026-11-20T15", "--roster", str(SHIPPED_ROSTER)]


def test_it_prints_one_line_when_it_can_be_asked_and_ends_on_terminate() -> None:
    command = [sys.executable, "-m", "etheatmap_sim", "--port", "0", *ARGUMENTS]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout
        assert simulator.stderr
        ready = simulator.stdout.readline()
        try:
            assert "2026-11-06T15 to 2026-11-20T14 UTC" in ready
            address = ready.split(" ready on ")[1].split(",")[0]
            assert httpx2.get(f"{address}/sim/health").status_code == 200
        finally:
            simulator.send_signal(signal.SIGTERM)
        assert simulator.stdout.read() + simulator.stderr.read() == ""
        assert simulator.wait(10) in (0, -signal.SIGTERM)


def test_a_port_in_use_is_one_plain_sentence(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port), *ARGUMENTS]) == 1
    said = capsys.readouterr().err
    assert said == f"Cannot listen on 127.0.0.1:{port} (Address already in use): choose another with --port.\n"


def test_a_start_that_is_no_hour_is_one_plain_sentence(capsys) -> None:
    assert main(["--start", "2026-11-20", "--roster", str(SHIPPED_ROSTER)]) == 1
    assert capsys.readouterr().err == "'2026-11-20' is not an hour: write it as 2026-11-20T15 (UTC).\n"


def test_a_roster_is_read_with_its_articles_and_aliases(tmp_path) -> None:
    roster = tmp_path / "entities.csv"
    roster.write_text(
        'name,type,aliases,wiki_id,wiki_title\nWicked,project,"[""Elphaba""]",,Wicked (2024 film)\nAda,person,,,\n'
    )
    assert read_roster(roster) == (
        Entity("Wicked", "project", "Wicked (2024 film)", ("Elphaba",)),
        Entity("Ada", "person", "Ada"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,aliases\nAda,[]\n", "line 1: there is no column type."),
        ("name,type,aliases\n", "lists no entity"),
        ("name,type,aliases\nAda,person,[]\n ,person,[]\n", "line 3: the name is empty."),
        (
            "name,type,aliases\nAda,person,Countess\n",
            "line 2: aliases must be a JSON array of strings, not 'Countess'.",
        ),
        ('name,type,aliases\nAda,person,"{""a"": 1}"\n', "line 2: aliases must be a JSON array"),
        ("name,type\nAda,person\nAda,event\n", "two entities with the name 'Ada'"),
        ("name,type,wiki_title\nAda,person,Eve\nEve,person,\n", "two entities with the title 'Eve'"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_bad_roster_is_one_plain_sentence(tmp_path, capsys, text, sentence) -> None:
    roster = tmp_path / "entities.csv"
    if text is not None:
        roster.write_text(text)
    with pytest.raises(SimulatorError):
        read_roster(roster)
    assert main(["--start", "2026-11-20T15", "--roster", str(roster)]) == 1
    said = capsys.readouterr().err
    assert str(roster) in said
    assert sentence in said
    assert said.count("\n") == 1
