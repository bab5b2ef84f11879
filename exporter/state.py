"""The state directory: what survives restarts and SIGKILL, held by one service at a time.

Every file appears whole or not at all (temporary file, fsync, rename), readable by its owner only. Everything in it can
be made again from the sources, except the key of the pseudonyms: with a new key every person gets a new label.
"""

import json
import logging
import os
import secrets
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from exporter.errors import StateError
from exporter.file_locks import lock

log = logging.getLogger(__name__)

_KEY: Final = "pseudonyms.key"
_KEY_BYTES: Final = 32
_LOCK: Final = "lock"
_KEY_LOCK: Final = "key.lock"
_TEMPORARY: Final = ".tmp"
# Larger than one block, so that a full disk shows at the start and not at the first save.
_PROBE: Final = bytes(16 * 1024)
_NEXT: Final = "give the service's user a writable folder, or set state.directory"


class StateDirectory:
    """The state directory, opened. A context manager; :meth:`close` gives it back.

    Args:
        path: the folder; made, with its parents, when missing (mode 0700).
        shared: for ``collect``: takes no lock, so that it runs beside ``serve`` on the same folder, reads everything
            and writes nothing but the key where none is.

    Raises:
        StateError: the folder cannot be made, written, or is held by another instance; says what to do.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self._shared = shared
        self._lock: int | None = None
        self._failing: set[str] = set()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"{path}: the state directory cannot be made: {error.strerror}; {_NEXT}") from error
        if not shared:
            self._take()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the directory back to another instance."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self) -> None:
        """Lock the directory, sweep up after a SIGKILL, and see that it can be written."""
        try:
            self._lock = lock(self.path / _LOCK, wait=False)
        except BlockingIOError:
            raise StateError(
                f"{self.path}: another instance of Umbrella{self._holder()} holds this state directory; "
                "stop it, or give this one a state.directory of its own"
            ) from None
        except OSError as error:
            raise StateError(f"{self.path}: cannot be locked: {error.strerror}; {_NEXT}") from error
        try:
            os.ftruncate(self._lock, 0)
            os.write(self._lock, f"{os.getpid()}\n".encode())
            for left in self.path.glob(f".*{_TEMPORARY}"):
                left.unlink(missing_ok=True)
            self._replace(self.path / "probe", _PROBE)
            (self.path / "probe").unlink(missing_ok=True)
        except OSError as error:
            self.close()
            raise StateError(
                f"{self.path}: the state directory cannot be written: {error.strerror}; {_NEXT}"
            ) from error

    def _holder(self) -> str:
        try:
            text = (self.path / _LOCK).read_text(encoding="ascii", errors="replace").strip()
        except OSError:
            return ""
        return f" (process {text})" if text.isdigit() else ""

    def key(self) -> bytes:
        """Return the 32 random bytes behind the pseudonyms; made once, by whichever command comes first.

        Raises:
            StateError: the key cannot be read, or made where none is.
        """
        try:
            return self._stored_key() or self._new_key()
        except OSError as error:
            raise StateError(
                f"{error.filename or self.path / _KEY}: the key of the pseudonyms cannot be read or made: "
                f"{error.strerror}; run as the user of the service, or make {self.path} writable"
            ) from error

    def _stored_key(self) -> bytes | None:
        try:
            text = (self.path / _KEY).read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return None
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        return key if len(key) == _KEY_BYTES else None

    def _new_key(self) -> bytes:
        """Make the key while no other process does: ``collect`` and ``serve`` agree on whichever was first."""
        held = lock(self.path / _KEY_LOCK, wait=True)
        try:
            key = self._stored_key()
            if key is None:
                if (self.path / _KEY).exists():
                    self._set_aside(self.path / _KEY, "is no key of 32 bytes; every pseudonym changes now")
                key = secrets.token_bytes(_KEY_BYTES)
                self._replace(self.path / _KEY, key.hex().encode() + b"\n")
            return key
        finally:
            os.close(held)

    def read(self, name: str, version: int) -> Any:
        """Return the data of a document, or None where there is none that can be used.

        Args:
            name: plain name, such as ``accounts``; the file is ``<name>.json``.
            version: the format that the caller writes. Older ones count as missing. A damaged file is set aside
                under another name, which is logged, and counts as missing.

        Raises:
            StateError: the file was written by a newer version, or may not be read.
        """
        path = self._file(name)
        try:
            document = json.loads(path.read_bytes())
            written, data = int(document["format"]), document["data"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"{path}: cannot be read: {error.strerror}; make it readable for the service") from error
        except (ValueError, TypeError, KeyError, RecursionError):
            self._set_aside(path, "is damaged; it is made again")
            return None
        if written > version:
            raise StateError(
                f"{path}: was written by a newer version of Umbrella (format {written}, this one knows {version}); "
                "start the newer version, or move the file away to have it made again"
            )
        return data if written == version else None

    def write(self, name: str, version: int, data: Any) -> bool:
        """Replace a document atomically; what was there stays whole until then.

        A disk that is full or became read-only is no reason to stop: it is logged once, and again after it worked.

        Args:
            name: as in :meth:`read`.
            version: format of the data.
            data: anything that JSON can hold.

        Returns:
            Whether the document is on disk now; never in a shared directory.
        """
        if self._shared:
            return False
        path = self._file(name)
        try:
            self._replace(path, json.dumps({"format": version, "data": data}, separators=(",", ":")).encode())
        except OSError as error:
            if name not in self._failing:
                self._failing.add(name)
                log.warning("%s: cannot be saved: %s; work goes on, and what it holds is lost at a restart",
                            path, error.strerror)  # fmt: skip
            return False
        if name in self._failing:
            self._failing.discard(name)
            log.info("%s: is saved again", path)
        return True

    def _file(self, name: str) -> Path:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no plain name for a state document")
        return self.path / f"{name}.json"

    def _set_aside(self, path: Path, problem: str) -> None:
        """Keep the newest damaged file for whoever wants to look; a shared directory is not ours to tidy."""
        if self._shared and path.name != _KEY:
            return
        aside = path.with_name(path.name + ".damaged")
        try:
            path.replace(aside)
        except OSError as error:
            log.warning("%s %s; it could not be set aside: %s", path, problem, error.strerror)
        else:
            log.warning("%s %s; the old file is kept as %s", path, problem, aside)

    def _replace(self, path: Path, content: bytes) -> None:
        """Write a file of mode 0600 that is on disk, whole, before it takes the place of the old one."""
        number, name = tempfile.mkstemp(dir=self.path, prefix=f".{path.name}.", suffix=_TEMPORARY)
        temporary = Path(name)
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(self.path)


def _sync(folder: Path) -> None:
    """Bring the renaming itself to the disk, where the system lets a folder be opened."""
    if os.name != "posix":  # pragma: no cover  Windows has no such call
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
