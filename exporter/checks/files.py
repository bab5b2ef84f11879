"""Files and folders: the state directory, and who else may read the secrets. Nothing is made or written."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exporter.checks.result import Result, fail, ok, warn
from exporter.config import Config

_ROOM: Final = 16 * 1024 * 1024


def check_state(directory: Path) -> Result:
    """Look whether the service could keep its state in the directory.

    Opening it as the service does would leave a lock file of whoever runs the check, so this only asks the system.
    """
    name = "state directory"
    step = "give the service's user a writable folder, or set state.directory"
    existing = directory
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        return fail(name, f"{existing} is not a folder; {step}")
    if not os.access(existing, os.R_OK | os.W_OK | os.X_OK):
        return fail(name, f"{existing} cannot be written by this user; {step}")
    unreadable = [path for path in sorted(directory.glob("*")) if not os.access(path, os.R_OK | os.W_OK)]
    if unreadable:
        return fail(name, f"{unreadable[0]} cannot be read and written by this user; run as the service's user")
    if shutil.disk_usage(existing).free < _ROOM:
        return fail(name, f"{existing} has less than 16 MiB left; make room, or set state.directory")
    return ok(name, f"{directory} " + ("can be written" if existing == directory else "will be made by serve"))


def check_secret_files(config: Config) -> Iterator[Result]:
    """Warn about files with secrets that every user of this machine may read."""
    paths = {
        "osticket.password_file": config.osticket.password_file,
        "osticket.url_file": config.osticket.url_file,
        "slurm.jwt_file": config.slurm.jwt_file,
        "web.basic_auth_users_file": config.web.basic_auth_users_file,
        "web.tls.key_file": config.web.tls.key_file if config.web.tls else None,
    }
    for name, path in paths.items():
        if path is None:
            continue
        if os.name == "posix" and path.stat().st_mode & stat.S_IROTH:
            yield warn(name, f"every user of this machine can read {path}; chmod o= {path}")
        else:
            yield ok(name, f"{path} can be read")
