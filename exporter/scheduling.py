"""The schedule: APScheduler says when, a thread per collector does the work.

So a hung refresh delays neither another collector nor a scrape, nor can it keep the process from ending: the threads
are daemons. APScheduler reads the wall clock; after the machine's clock was set, the heartbeat moves its jobs along, or
a clock set back by an hour would stop all refreshes for an hour.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client.metrics_core import Metric

from exporter.collector import Collector
from exporter.health import HUNG_INTERVALS
from exporter.refreshing import Refresher, Stage, describe_bug
from exporter.snapshot import SELF, render

# Umbrella's own metrics are never older than this, seconds.
HEARTBEAT: Final = 5.0
# How long a reloaded collector waits for the one it replaces to end its refresh, seconds.
HANDOVER: Final = 10.0
# A difference between the clocks that is not just a slow heartbeat, seconds.
JUMP: Final = 2.0


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
    """One collector's thread: refreshes at once, then whenever it is woken.

    Args:
        refresher: the collector, isolated.
        retry: called after a failed refresh with the seconds until the next try.
        beat: called after each attempt, to show its outcome.
        jitter: random numbers from [0, 1).
        after: the thread of the collector that this one replaces; it gets :data:`HANDOVER` seconds to end.
    """

    def __init__(
        self,
        refresher: Refresher,
        retry: Callable[[float], None],
        beat: Callable[[], None],
        *,
        jitter: Callable[[], float] = random.random,
        after: threading.Thread | None = None,
    ) -> None:
        super().__init__(name=f"collector-{refresher.collector.name}", daemon=True)
        self._refresher = refresher
        self._retry = retry
        self._beat = beat
        self._jitter = jitter
        self._after = after
        self._stop_event = threading.Event()
        self._due = threading.Event()

    def wake(self) -> None:
        """Say that a refresh is due; while one is under way this is forgotten, so that starts stay on their grid."""
        self._due.set()

    def retire(self) -> None:
        """Ask the thread to end after the refresh under way; that refresh publishes nothing any more."""
        self._refresher.retire()
        self._stop_event.set()
        self._due.set()

    def interrupt(self) -> None:
        """Close the collector under its own refresh, without waiting: its children end, its connections break."""
        threading.Thread(target=self._refresher.close, name=f"{self.name}-close", daemon=True).start()

    def run(self) -> None:
        """Refresh until retired, then close the collector."""
        if self._after is not None:
            self._after.join(HANDOVER)
        failures = 0
        while not self._stop_event.is_set():
            failures = 0 if self._refresher.refresh() else failures + 1
            self._beat()
            if failures:
                self._retry(retry_delay(self._refresher.collector.interval, failures, self._jitter()))
            self._due.clear()
            if not self._stop_event.is_set():
                self._due.wait()
        self._refresher.close()


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
        # Waking a thread takes no time, so the scheduler's own thread does it.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

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
                partial(self._retry, collector.name),
                self.beat,
                after=before.get(collector.name),
            )
            for collector in collectors
        }
        self._scheduler.remove_all_jobs()
        for collector in collectors:
            lane = self._lanes[collector.name]
            self._scheduler.add_job(lane.wake, "interval", seconds=collector.interval, id=collector.name)
            lane.start()
        if not self._heart.is_alive():
            self._scheduler.start()
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
        if not self._stop_event.is_set() and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
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

    def _retry(self, name: str, delay: float) -> None:
        """Bring a collector's next start forward; its interval counts from there."""
        job = self._scheduler.get_job(name)
        if job is not None:
            job.modify(next_run_time=datetime.now(UTC) + timedelta(seconds=delay))

    def _beat_until_stopped(self) -> None:
        clock = self._stage.clock
        ahead = clock.now() - clock.monotonic()
        while not self._stop_event.wait(HEARTBEAT):
            self.beat()
            jump = clock.now() - clock.monotonic() - ahead
            if abs(jump) > JUMP:
                ahead += jump
                self._move(timedelta(seconds=jump))

    def _move(self, jump: timedelta) -> None:
        """Move all starts by what the wall clock was set, so that nothing is done early, late or twice."""
        for job in self._scheduler.get_jobs():
            if job.next_run_time is not None:
                job.modify(next_run_time=job.next_run_time + jump)
