"""What a collector is: the one interface between the sources and the rest of the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.metrics_core import Metric


@dataclass(frozen=True, slots=True)
class Refresh:
    """The result of one successful refresh: everything that a collector publishes.

    Attributes:
        families: complete metric families, replacing all the collector published before.
        rows: rows held or read (tickets, jobs, users): ``umbrella_collector_rows``.
        problem: None, or why a part of the refresh failed although ``families`` may be published: the collector
            counts as down (``umbrella_collector_up`` 0) and the text is logged.
    """

    families: Sequence[Metric]
    rows: int
    problem: str | None = None


class Collector(Protocol):
    """A source, its frame and its measures behind one call.

    ``refresh`` runs in the collector's own thread, never on the scrape path, never twice at once. It may block up to
    the source's own timeouts. It raises :class:`exporter.errors.CollectorError` when there is nothing new to publish.
    """

    @property
    def name(self) -> str:
        """Name in ``collect[]``, ``--only`` and the label ``collector``: tickets, topics, slurm, gpu."""
        ...

    @property
    def interval(self) -> float:
        """Seconds between the starts of two refreshes."""
        ...

    @property
    def demo(self) -> bool:
        """Whether the data are invented (``umbrella_demo_data``)."""
        ...

    def refresh(self, now: float) -> Refresh:
        """Bring the frame up to date and compute all families.

        Args:
            now: the present, seconds since the epoch (UTC); a collector has no clock of its own.

        Raises:
            CollectorError: nothing could be read; the last good data stay.
        """
        ...

    def close(self) -> None:
        """Release connections and children.

        Called once, after the last refresh; at the end of the process also from another thread, during a refresh that
        has not ended by itself (which may then fail in any way: nobody looks any more).
        """
        ...
