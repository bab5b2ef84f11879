"""A metric as the catalogue knows it, and the families made from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from prometheus_client.core import CounterMetricFamily, GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

Kind = Literal["gauge", "counter", "gaugehistogram"]
Labels = tuple[str, ...]

HOUR: Final = 3600
DAY: Final = 24 * HOUR
# 1h 4h 8h 1d 2d 5d 10d 15d 20d 30d 60d 90d 180d 500d: the bounds of every distribution over tickets.
TICKET_BOUNDS: Final = (
    *(hours * HOUR for hours in (1, 4, 8)),
    *(days * DAY for days in (1, 2, 5, 10, 15, 20, 30, 60, 90, 180, 500)),
)
# 1 5 10 15 20 30 60 500 d: requesters by their mean (row 9 of the analysis that this replaces).
REQUESTER_BOUNDS: Final = tuple(days * DAY for days in (1, 5, 10, 15, 20, 30, 60, 500))


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One metric of the contract.

    Attributes:
        name: full name as in the text format (counters with ``_total``).
        kind: Prometheus type.
        labels: label names, in the order in which samples give their values.
        help: one sentence; names the unit where the name does not.
        unit: base unit (``seconds``, ``bytes``, ``tickets`` …), for people; never appended to the name.
        bounds: upper bucket bounds without +Inf, for gauge histograms.
    """

    name: str
    kind: Kind
    labels: Labels
    help: str
    unit: str = ""
    bounds: tuple[float, ...] = ()

    def family(self, samples: Iterable[tuple[Labels, float]]) -> Metric:
        """Build a gauge or counter family from (label values, value) pairs."""
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = kind(self.name, self.help, labels=self.labels)
        for labels, value in samples:
            if len(labels) != len(self.labels):
                raise ValueError(f"{self.name} takes the labels {self.labels}, not {labels}")
            family.add_metric(labels, value)
        return family

    def histogram(self, samples: Mapping[Labels, tuple[Sequence[int] | npt.NDArray[np.int64], float]]) -> Metric:
        """Build a gauge histogram family.

        Args:
            samples: by label values: the counts per bucket (not cumulative, one more than there are bounds, the last
                above all bounds) and the exact sum of the observations.
        """
        family = GaugeHistogramMetricFamily(self.name, self.help, labels=self.labels)
        edges = [*(_bound(bound) for bound in self.bounds), "+Inf"]
        for labels, (counts, total) in samples.items():
            if len(labels) != len(self.labels) or len(counts) != len(edges):
                raise ValueError(f"{self.name} takes the labels {self.labels} and {len(edges)} buckets")
            cumulative = np.cumsum(counts)
            family.add_metric(labels, list(zip(edges, cumulative.tolist(), strict=True)), total)
        return family


def _bound(bound: float) -> str:
    return str(float(bound))
