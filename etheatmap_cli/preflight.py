"""What must be true before anything starts; each miss is one sentence that says what to do."""

import socket
from pathlib import Path

from etheatmap_core.errors import EtHeatmapError


class PreflightError(EtHeatmapError):
    """The machine is not ready: a taken port, a folder that cannot be written."""


def require_free_port(port: int, purpose: str, setting: str, host: str = "127.0.0.1") -> None:
    """Raises PreflightError when something already listens on ``port``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PreflightError(
                f"Port {port} for {purpose} is in use: stop what listens there, "
                f"or choose another with {setting}=NUMBER."
            ) from error


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now, for services that only our own processes talk to."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def require_writable_folder(folder: Path, setting: str) -> None:
    """Makes ``folder`` and proves that files can be written there; PreflightError otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise PreflightError(
            f"{folder} is no folder, or lies below a file: choose another with {setting}=FOLDER."
        ) from error
    except OSError as error:
        raise PreflightError(
            f"The data folder {folder} cannot be written ({error.strerror}): make it writable, "
            f"or choose another with {setting}=FOLDER."
        ) from error
