"""Who the embedded server runs as. PostgreSQL refuses root, so under root it runs as an ordinary user of this machine.

What that user needs is granted and no more: to search the folders on the way (not to list them) and to read the wheel.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etheatmap_core.errors import DatabaseUnavailableError

_PREFERRED_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system user by its numbers, as ``subprocess`` and ``chown`` take them."""

    uid: int
    gid: int

    def take(self, path: Path) -> None:
        """Makes the account owner of ``path`` and of what is below it."""
        for entry in (path, *path.rglob("*")):
            os.chown(entry, self.uid, self.gid, follow_symlinks=False)

    def let_reach(self, path: Path) -> None:
        """Grants search on the folders above ``path``, where it is missing."""
        for folder in path.parents:
            _grant(folder, stat.S_IXOTH)

    def let_use(self, tree: Path) -> None:
        """Lets the account read an installed package and run its programs, where a strict umask took that."""
        self.let_reach(tree)
        for entry in _tree(tree):
            is_searched_or_run = entry.is_dir() or bool(entry.stat().st_mode & stat.S_IXUSR)
            _grant(entry, stat.S_IROTH | (stat.S_IXOTH if is_searched_or_run else 0))


def service_account(data_dir: Path) -> Account | None:
    """None when this process may run the server itself; under root the data folder's owner, or a system user."""
    if os.geteuid() != 0:
        return None
    if data_dir.exists() and (owner := data_dir.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in _PREFERRED_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(user.pw_uid, user.pw_gid)
    raise DatabaseUnavailableError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(_PREFERRED_USERS)} exists on this machine: "
        "start as an ordinary user, or set DATABASE_URL."
    )


def _tree(path: Path) -> Iterator[Path]:
    yield path
    yield from (entry for entry in path.rglob("*") if not entry.is_symlink())


def _grant(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)
