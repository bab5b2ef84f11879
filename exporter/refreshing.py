"""One refresh of one collector, isolated: whatever happens in it is counted and said, nothing comes out of it."""

import logging
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exporter.clock import Clock
from exporter.collector import Collector
from exporter.errors import UmbrellaError
from exporter.health import Health
from exporter.snapshot import SnapshotStore, render

# The same failure is said again after this many seconds, another text of it after the second number at the earliest.
REPEAT_SAME: Final = 900.0
REPEAT_OTHER: Final = 60.0
LONGEST_LINE: Final = 1000


class Reporter:
    """Says each failure once, again at a low rate while it lasts, and the recovery once."""

    def __init__(self, clock: Clock, logger: logging.Logger) -> None:
        self._clock = clock
        self._logger = logger
        self._lock = threading.Lock()
        self._failing_since: dict[str, float] = {}
        self._said: dict[str, tuple[str, float]] = {}

    def failed(self, name: str, text: str) -> None:
        """Say that a collector's refresh failed, in one line, unless it was said lately."""
        line = " ".join(text.split())
        line = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
        now = self._clock.monotonic()
        with self._lock:
            self._failing_since.setdefault(name, now)
            if name in self._said:
                said, when = self._said[name]
                if now - when < (REPEAT_SAME if said == line else REPEAT_OTHER):
                    return
            self._said[name] = (line, now)
        self._logger.error("Collector %s: %s", name, line)

    def succeeded(self, name: str) -> None:
        """Say that a collector works again, if it had failed."""
        with self._lock:
            since = self._failing_since.pop(name, None)
            self._said.pop(name, None)
        if since is not None:
            self._logger.info(
                "Collector %s works again, after %.0f s of failures", name, self._clock.monotonic() - since
            )


@dataclass(frozen=True, slots=True)
class Stage:
    """What all refreshes share.

    Attributes:
        store: where collectors publish.
        health: their records.
        clock: the present.
        reporter: says failures and recoveries.
    """

    store: SnapshotStore
    health: Health
    clock: Clock
    reporter: Reporter


class Refresher:
    """Refreshes one collector: never raises, publishes all or nothing, keeps its record."""

    def __init__(self, collector: Collector, stage: Stage) -> None:
        self.collector = collector
        self._stage = stage
        self._lock = threading.Lock()
        self._retired = threading.Event()
        self._closed = threading.Event()

    def retire(self) -> None:
        """From now on nothing is published or recorded: another collector of the name has taken over."""
        with self._lock:
            self._retired.set()

    def refresh(self) -> bool:
        """Attempt one refresh and return whether every part of it succeeded; True when retired meanwhile."""
        name = self.collector.name
        with self._lock:
            if self._retired.is_set():
                return True
            self._stage.health.started(name)
        rows, problem = self._attempt()
        with self._lock:
            if self._retired.is_set():
                return True
            self._stage.health.finished(name, succeeded=problem is None, rows=rows)
        if problem is None:
            self._stage.reporter.succeeded(name)
        else:
            self._stage.reporter.failed(name, problem)
        return problem is None

    def _attempt(self) -> tuple[int | None, str | None]:
        """Refresh and publish; return the rows held (None: nothing published) and what went wrong (None: nothing)."""
        try:
            refresh = self.collector.refresh(self._stage.clock.now())
            part = render(refresh.families)
            with self._lock:
                if not self._retired.is_set():
                    self._stage.store.publish({self.collector.name: part})
        except UmbrellaError as error:
            return None, str(error)
        except Exception as error:
            logging.getLogger(__name__).debug("Collector %s failed", self.collector.name, exc_info=True)
            return None, describe_bug(error)
        return refresh.rows, refresh.problem

    def close(self) -> None:
        """Close the collector, once; a failure to do so is said and goes no further."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
        try:
            self.collector.close()
        except Exception as error:  # noqa: BLE001  nothing depends on it any more
            self._stage.reporter.failed(self.collector.name, f"closing failed: {describe_bug(error)}")


def describe_bug(error: Exception) -> str:
    """Describe an unexpected exception by kind and place only: its text may hold a subject or a password."""
    frames = traceback.extract_tb(error.__traceback__)
    place = (
        f"{Path(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].name})" if frames else "an unknown place"
    )
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(Path(__file__).parent)]
    if ours and ours[-1] is not frames[-1]:
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} ({ours[-1].name}), raised in {place}"
    return (
        f"an unexpected {type(error).__name__} at {place}. This is a bug in Umbrella; what was published stays. "
        "Please report it with the traceback, which is logged at level DEBUG"
    )
