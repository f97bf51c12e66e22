"""A start that somebody ends is no failure: nothing is said of Dagster's storage, which was only not made yet."""

from pathlib import Path

import pytest

from etheatmap_cli.instance import LocalInstance
from etheatmap_cli.platform import Platform, prepare_dagster
from etheatmap_cli.supervisor import Supervisor
from etheatmap_core.settings import load_settings


def test_ctrl_c_while_dagster_is_prepared_ends_without_a_reason(tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    instance = LocalInstance(tmp_path / "dagster", "postgresql://127.0.0.1:1/none", 1)
    settings = load_settings(None).model_copy(update={"etheatmap_home": tmp_path})
    supervisor = Supervisor(tmp_path, announce=lambda _words: None)
    supervisor.request_stop()
    with pytest.raises(KeyboardInterrupt):
        prepare_dagster(Platform(settings, instance, "postgresql://127.0.0.1:1/none"), supervisor)
