"""The schedule: each collector in a thread of its own, so that a hung one delays neither another nor a scrape.

One thread with a timed wait per collector, rather than a scheduler library: waits run on the monotonic clock, so a
machine whose clock is set back does not stop refreshing until the clock has caught up, and the threads are daemons,
so a hung source cannot keep the process from ending. docs/architecture.md has the comparison.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client.metrics_core import Metric

from exporter.clock import Clock
from exporter.collector import Collector
from exporter.health import HUNG_INTERVALS
from exporter.refreshing import Refresher, Stage, describe_bug
from exporter.snapshot import SELF, render

# Umbrella's own metrics are never older than this, seconds.
HEARTBEAT: Final = 5.0
# How long a reloaded collector waits for the one it replaces to end its refresh, seconds.
HANDOVER: Final = 10.0


def retry_delay(interval: float, failures: int, jitter: float) -> float:
    """Return how long to wait after a failed refresh.

    Doubles from an eighth of the interval (at least one second) with each failure in a row, never exceeds the
    interval, and is cut by up to a half at random, so that many instances do not come back in step.

    Args:
        interval: the collector's refresh interval, seconds.
        failures: failed refreshes in a row, at least 1.
        jitter: a random number from [0, 1).
    """
    # Eight eighths are reached at the fourth failure; the bound keeps the power small however long the source is away.
    longest = min(interval, max(1.0, interval / 8) * 2.0 ** min(failures - 1, 16))
    return longest * (1 - jitter / 2)


class Lane(threading.Thread):
    """One collector's thread: refreshes at once, then every interval, sooner after a failure.

    Args:
        refresher: the collector, isolated.
        clock: the present.
        beat: called after each attempt, to show its outcome.
        jitter: random numbers from [0, 1).
        after: the thread of the collector that this one replaces; it gets :data:`HANDOVER` seconds to end.
    """

    def __init__(
        self,
        refresher: Refresher,
        clock: Clock,
        beat: Callable[[], None],
        *,
        jitter: Callable[[], float] = random.random,
        after: threading.Thread | None = None,
    ) -> None:
        super().__init__(name=f"collector-{refresher.collector.name}", daemon=True)
        self._refresher = refresher
        self._clock = clock
        self._beat = beat
        self._jitter = jitter
        self._after = after
        self._stop_event = threading.Event()

    def retire(self) -> None:
        """Ask the thread to end after the refresh under way; that refresh publishes nothing any more."""
        self._refresher.retire()
        self._stop_event.set()

    def interrupt(self) -> None:
        """Close the collector under its own refresh, without waiting: its children end, its connections break."""
        threading.Thread(target=self._refresher.close, name=f"{self.name}-close", daemon=True).start()

    def run(self) -> None:
        """Refresh until retired, then close the collector."""
        if self._after is not None:
            self._after.join(HANDOVER)
        failures = 0
        delay = 0.0
        while not self._stop_event.wait(delay):
            began = self._clock.monotonic()
            failures = 0 if self._refresher.refresh() else failures + 1
            self._beat()
            delay = self._delay(began, failures)
        self._refresher.close()

    def _delay(self, began: float, failures: int) -> float:
        interval = self._refresher.collector.interval
        if failures:
            return retry_delay(interval, failures, self._jitter())
        # Starts stay on the grid of the interval; starts missed during a long refresh are left out.
        return interval - (self._clock.monotonic() - began) % interval


class Schedule:
    """Runs all collectors and the heartbeat of Umbrella's own metrics.

    Args:
        stage: the store, the records, the clock and the reporter.
        process_families: the process's own metrics, read at each heartbeat.
    """

    def __init__(self, stage: Stage, process_families: Callable[[], Iterable[Metric]]) -> None:
        self._stage = stage
        self._process_families = process_families
        self._lanes: dict[str, Lane] = {}
        self._beating = threading.Lock()
        self._stop_event = threading.Event()
        self._heart = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)

    def run(self, collectors: Sequence[Collector]) -> None:
        """Start these collectors; those that ran before are replaced, with their data and counters kept by name."""
        for lane in self._lanes.values():
            lane.retire()
        names = [collector.name for collector in collectors]
        self._stage.health.enable((collector.name, collector.interval, collector.demo) for collector in collectors)
        self._stage.store.keep(names)
        self.beat()
        before = self._lanes
        self._lanes = {
            collector.name: Lane(
                Refresher(collector, self._stage),
                self._stage.clock,
                self.beat,
                after=before.get(collector.name),
            )
            for collector in collectors
        }
        for lane in self._lanes.values():
            lane.start()
        if not self._heart.is_alive():
            self._heart.start()

    def beat(self) -> None:
        """Render Umbrella's own metrics anew, and say which refreshes hang."""
        try:
            with self._beating:
                families = [*self._stage.health.families(), *self._process_families()]
                self._stage.store.publish({SELF: render(families)})
        except Exception as error:
            logging.getLogger(__name__).debug("Heartbeat failed", exc_info=True)
            self._stage.reporter.failed(SELF, describe_bug(error))
        monotonic = self._stage.clock.monotonic()
        for record in self._stage.health.records():
            if record.hung(monotonic):
                text = (
                    f"its refresh hangs: it has run for more than {HUNG_INTERVALS} intervals of {record.interval:g} s. "
                    "The last good data stay; look at the source's own load and timeouts, restart Umbrella if it lasts"
                )
                self._stage.reporter.failed(record.name, text)

    def stop(self, timeout: float) -> list[str]:
        """Stop everything and return the names of the collectors that are still in a refresh.

        Args:
            timeout: seconds to wait for all of them together; after half of it, refreshes are interrupted.
        """
        self._stop_event.set()
        for lane in self._lanes.values():
            lane.retire()
        self._join(timeout / 2)
        for lane in self._lanes.values():
            if lane.is_alive():
                lane.interrupt()
        self._join(timeout / 2)
        return [name for name, lane in self._lanes.items() if lane.is_alive()]

    def _join(self, timeout: float) -> None:
        deadline = self._stage.clock.monotonic() + timeout
        for lane in self._lanes.values():
            lane.join(max(0.0, deadline - self._stage.clock.monotonic()))

    def _beat_until_stopped(self) -> None:
        while not self._stop_event.wait(HEARTBEAT):
            self.beat()
