"""What a person does next when a Slurm command failed: texts found by what the command said."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from exporter.slurm.accounts import GRANT

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXCERPT: Final = 300
_TIMEOUT: Final = 124
_SLOW: Final = (
    "slurmdbd, its database or the way there is frozen, locked or overloaded: look there, or raise slurm.timeout"
)

# In the order of telling: the first that is found counts. All seen with Slurm 22.05, except where ssh or sudo speaks.
_NEXT_STEPS: Final = (
    ("Unknown field", "This Slurm has no such field: report its version (sacctmgr -V)"),
    ("Access/permission denied", f"PrivateData in slurmdbd.conf hides it from this user: {GRANT}"),
    ("Munge encode failed", "Start munged on the machine where the command runs (systemctl status munge)"),
    ("authentication error", "Both machines need the same munge key and time (munge -n | ssh SLURMDBD unmunge)"),
    ("Unable to connect to database", "slurmdbd runs, its database does not answer: look at MariaDB behind slurmdbd"),
    ("persistent connection", "slurmdbd does not answer: systemctl status slurmdbd (AccountingStorageHost)"),
    ("persist_init", "slurmdbd does not answer: systemctl status slurmdbd (AccountingStorageHost)"),
    ("accounting_storage plugin", "This cluster has no slurmdbd, so it has no users to read: set slurm.source to off"),
    ("configuration", "Slurm's commands need slurm.conf: set SLURM_CONF, or run them elsewhere (slurm.command_prefix)"),
    ("Permission denied (", "ssh needs a key without passphrase for this user, and -o BatchMode=yes"),
    ("Host key verification failed", "Add the host's key to known_hosts of the user who runs Umbrella"),
    ("password is required", "Add a NOPASSWD rule for exactly this command to sudoers"),
    ("not found", "Is Slurm installed where the command runs? Otherwise set slurm.command_prefix"),
)


def next_step(said: str, code: int) -> str:
    """Return the next step after a failed command.

    Args:
        said: what it said, on one line.
        code: its exit code; below zero the signal that killed it.
    """
    if code == _TIMEOUT:
        return f"That is what timeout(1), for example in slurm.command_prefix, returns: {_SLOW}"
    for words, step in _NEXT_STEPS:
        if words.lower() in said.lower():
            return step
    return "Run the command by hand as the user who runs Umbrella"


def not_started(argv: Sequence[str], error: OSError | ValueError) -> str:
    """Return the text for a command that could not be started."""
    where = "or run it elsewhere with slurm.command_prefix (ssh, docker exec)"
    if isinstance(error, FileNotFoundError):
        why, step = "not found", f"Install Slurm's commands here (slurm-client) and put them on PATH, {where}"
    elif isinstance(error, PermissionError):
        why, step = (
            "not executable",
            f"Make it executable for the user who runs Umbrella (ls -l, mount option noexec), {where}",
        )
    else:
        why, step = getattr(error, "strerror", None) or str(error), f"Try it by hand: {shlex.join(argv)}; {where}"
    return f"{argv[0]}: cannot be started: {why}. {step}"


def after_timeout(name: str, seconds: float, *, exited: bool) -> str:
    """Return the text for a command that was killed after its time."""
    if exited:
        return (
            f"{name}: ended, but a process that it left behind held its output open for {seconds:g} s; killed. "
            "Does slurm.command_prefix start something in the background?"
        )
    return f"{name}: no answer within {seconds:g} s; killed with its children. {_SLOW}"


def excerpt(said: bytes | bytearray) -> str:
    """Return the start of what a command said, on one line, fit for a log."""
    text = " ".join("".join(char if char.isprintable() else " " for char in said.decode(errors="replace")).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
