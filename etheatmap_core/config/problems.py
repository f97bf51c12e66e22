"""Problems of one file, collected so that a person mends them in one go."""

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from etheatmap_core.errors import ConfigError

_SHOWN = 10
_BYTE_ORDER_MARK = "\ufeff"  # what spreadsheets put in front of UTF-8


@dataclass
class Problems:
    """What is wrong with ``path`` so far."""

    path: Path
    found: list[str] = field(default_factory=list)

    def add(self, line: int, where: str, expected: str, value: object = None) -> None:
        """``where`` names the field; ``value`` is shown as it was found."""
        shown = f", found {value!r}" if value is not None else ""
        self.found.append(f"{self.path.name}:{line}: {where}: expected {expected}{shown}.")

    def raise_if_any(self) -> None:
        """ConfigError with a line a problem; the first ten, and how many more."""
        if self.found:
            more = [f"... and {len(self.found) - _SHOWN} more in {self.path.name}."] if len(self.found) > _SHOWN else []
            raise ConfigError("\n".join(self.found[:_SHOWN] + more))


def one_of(names: Collection[str], found: str) -> str:
    """Words for "not one of these": the nearest first where there is one."""
    matches = get_close_matches(found, names, n=1)
    return f"'{matches[0]}' (the nearest known)" if matches else f"one of {', '.join(names)}"


def read_text(path: Path) -> str:
    """The file's text, line ends as they are. ConfigError where it cannot be read or is not UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}): let this user read it.") from error
    try:
        return content.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{content[error.start]:02x}"
        raise ConfigError(f"{path.name}:{line}: expected UTF-8 text, found {found}: save the file as UTF-8.") from error
