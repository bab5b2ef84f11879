"""Exclusive locks on files, which the system gives back when a process dies, however it dies."""

import os
import sys
from pathlib import Path


def lock(path: Path, *, wait: bool) -> int:
    """Lock a file, made when missing (mode 0600), and return its descriptor; closing it unlocks.

    Args:
        path: the file.
        wait: whether to wait for whoever holds it.

    Raises:
        BlockingIOError: another process holds it, and ``wait`` is false.
        OSError: the file cannot be made or locked.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(number, wait=wait)
    except BaseException:
        os.close(number)
        raise
    return number


if sys.platform == "win32":  # pragma: no cover  seen on Windows only
    import msvcrt

    def _lock(number: int, *, wait: bool) -> None:
        try:
            # The byte far behind the end: Windows would not let others read a locked one.
            os.lseek(number, 1 << 30, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            os.lseek(number, 0, os.SEEK_SET)
        except PermissionError as error:
            raise BlockingIOError(error.errno, "held by another process") from error

else:
    import fcntl

    def _lock(number: int, *, wait: bool) -> None:
        fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
