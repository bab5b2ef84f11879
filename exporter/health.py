"""How each collector fares: one record per enabled collector, shared by the schedule, the metrics and the web pages."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from prometheus_client.metrics_core import Metric

from exporter import __version__
from exporter.catalogue import umbrella
from exporter.clock import Clock

# A refresh that runs longer than this many intervals is taken for hung: its data are older than three refreshes.
HUNG_INTERVALS: Final = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One collector's health; immutable, so that a reader never sees half an update.

    Attributes:
        name: the collector.
        interval: seconds between two refreshes.
        demo: whether the data are invented.
        attempts: refreshes started since the process started.
        failures: those among them that failed, wholly or in part.
        last_success: when a refresh last succeeded wholly, seconds since the epoch; 0 before the first.
        last_duration: seconds that the newest ended attempt took.
        rows: rows that the collector holds after its newest refresh.
        succeeded: whether the newest ended attempt succeeded wholly.
        running_since: monotonic start of the attempt under way, None between attempts.
    """

    name: str
    interval: float
    demo: bool = False
    attempts: int = 0
    failures: int = 0
    last_success: float = 0.0
    last_duration: float = 0.0
    rows: int = 0
    succeeded: bool = False
    running_since: float | None = None

    def hung(self, monotonic: float) -> bool:
        """Whether the attempt under way has run longer than :data:`HUNG_INTERVALS` intervals."""
        return self.running_since is not None and monotonic - self.running_since > HUNG_INTERVALS * self.interval

    def up(self, monotonic: float) -> bool:
        """Whether the newest attempt succeeded wholly and none hangs: ``umbrella_collector_up``."""
        return self.succeeded and not self.hung(monotonic)


class Health:
    """The records of all enabled collectors; every method may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, Record] = {}

    def enable(self, collectors: Iterable[tuple[str, float, bool]]) -> None:
        """Set which collectors are enabled, as (name, interval, demo); counters of those that stay go on."""
        with self._lock:
            self._records = {
                name: replace(
                    self._records.get(name, Record(name, interval)), interval=interval, demo=demo, running_since=None
                )
                for name, interval, demo in collectors
            }

    def started(self, name: str) -> None:
        """Note that an attempt begins."""
        with self._lock:
            old = self._records[name]
            self._records[name] = replace(old, attempts=old.attempts + 1, running_since=self._clock.monotonic())

    def finished(self, name: str, *, succeeded: bool, rows: int | None = None) -> None:
        """Note that the attempt under way ended.

        Args:
            name: the collector.
            succeeded: whether every part of it succeeded.
            rows: rows held now; None keeps the last count (nothing was published).
        """
        with self._lock:
            old = self._records[name]
            began = self._clock.monotonic() if old.running_since is None else old.running_since
            self._records[name] = replace(
                old,
                failures=old.failures + (not succeeded),
                last_success=self._clock.now() if succeeded else old.last_success,
                last_duration=self._clock.monotonic() - began,
                rows=old.rows if rows is None else rows,
                succeeded=succeeded,
                running_since=None,
            )

    def records(self) -> tuple[Record, ...]:
        """Return all records, in the order in which the collectors were enabled."""
        with self._lock:
            return tuple(self._records.values())

    def unready(self) -> tuple[Record, ...]:
        """Return the collectors that have not succeeded once; empty when the service is ready."""
        return tuple(record for record in self.records() if not record.last_success)

    def families(self) -> list[Metric]:
        """Return ``umbrella_build_info``, ``umbrella_demo_data`` and ``umbrella_collector_*``."""
        records = self.records()
        monotonic = self._clock.monotonic()
        columns = (
            (umbrella.UP, [float(record.up(monotonic)) for record in records]),
            (umbrella.LAST_SUCCESS, [record.last_success for record in records]),
            (umbrella.LAST_DURATION, [record.last_duration for record in records]),
            (umbrella.REFRESHES, [float(record.attempts) for record in records]),
            (umbrella.FAILURES, [float(record.failures) for record in records]),
            (umbrella.ROWS, [float(record.rows) for record in records]),
        )
        return [
            umbrella.BUILD_INFO.family([((__version__,), 1.0)]),
            umbrella.DEMO_DATA.family(((record.name,), 1.0) for record in records if record.demo),
            *(
                spec.family(((record.name,), value) for record, value in zip(records, values, strict=True))
                for spec, values in columns
            ),
        ]
