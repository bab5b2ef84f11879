"""The end of a child process and of everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_GRACE: Final = 1.0  # seconds between SIGTERM and SIGKILL
_LAST: Final = 2.0  # seconds that the kernel has for the end of a killed process
_STEP: Final = 0.01


class _Process(NamedTuple):
    """A process; the moment of its start (clock ticks since boot) tells it from a later one with the same number."""

    pid: int
    started: int
    parent: int
    session: int


def exited(child: subprocess.Popen[bytes]) -> bool:
    """Return whether the child has exited, without reaping it: its number stays its own, so its group can be killed."""
    if child.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # somebody set SIGCHLD to ignore: the kernel has reaped it
        return True


def end(child: subprocess.Popen[bytes]) -> bool:
    """End a child that leads its own session, and all it started; reap them. Returns False if that was impossible.

    A child that still runs gets SIGTERM and a second, then SIGKILL; so do its descendants, those with sessions of their
    own included. What a child that has exited left in its session is killed. A descendant that made itself a daemon
    (parent and session its own, as ssh's ControlPersist does) is nobody's child any more and stays.
    """
    family: list[_Process] = []
    if not exited(child):
        family = _descendants(child.pid)
        _signal(child.pid, family, signal.SIGTERM)
        _wait_until(lambda: exited(child), _GRACE)
        family += _descendants(child.pid)
    _signal(child.pid, family, signal.SIGKILL)
    try:
        child.wait(_LAST)
    except subprocess.TimeoutExpired:
        return False
    # Orphans are adopted by process 1, which in a container may be us.
    _wait_until(lambda: not _reap(-child.pid) and not any(_adopted(member) for member in family), _LAST)
    return True


def _signal(group: int, family: list[_Process], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for member in family:
        now = _look_up(member.pid)
        if now is not None and now.started == member.started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member.pid, number)


def _adopted(member: _Process) -> bool:
    """Reap a descendant that became our own child; return whether it is still there."""
    now = _look_up(member.pid)
    return now is not None and (now.started, now.parent) == (member.started, os.getpid()) and _reap(member.pid)


def _reap(pid: int) -> bool:
    """Reap one of our children, if it is dead (below zero: one of that process group); return whether there was one."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def _wait_until(reached: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(_STEP)


def _descendants(root: int) -> list[_Process]:
    """Return the processes below ``root`` and those of its session; none where there is no /proc."""
    numbers = [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat")]
    everyone = [found for number in numbers if (found := _look_up(number)) is not None]
    members = {root}
    while True:
        more = {one.pid for one in everyone if one.parent in members or one.session == root} - members
        if not more:
            return [one for one in everyone if one.pid in members and one.pid != root]
        members |= more


def _look_up(pid: int) -> _Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # proc_pid_stat(5): after the name, which may hold anything but ends at the last ")", come state, parent, group,
    # session, …; the start is the 20th of these fields.
    fields = stat.rpartition(b")")[2].split()
    return _Process(pid, started=int(fields[19]), parent=int(fields[1]), session=int(fields[3]))
