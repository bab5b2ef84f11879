"""Distributions over tickets: resolution, activity, first response, age."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from prometheus_client.metrics_core import Metric

from exporter.catalogue import tickets as spec
from exporter.catalogue.base import DAY, TICKET_BOUNDS, Labels, MetricSpec
from exporter.osticket.dialect import BAD
from exporter.osticket.frame import BUCKETS, NO_BUCKET
from exporter.osticket.measures.view import OPEN, Coded, View

RECENT: Final = 30 * DAY
_BOUNDS: Final = np.array(TICKET_BOUNDS, dtype=np.float64)

Buckets = npt.NDArray[np.int8]
Seconds = npt.NDArray[np.float64]


def families(view: View) -> Iterator[Metric]:
    """Yield every gauge histogram over tickets."""
    ended = view.ended
    resolution, resolved = view["resolution"], view["resolved"]
    resolution_bucket = np.where(ended, view["resolution_bucket"], np.int8(NO_BUCKET))
    response, response_bucket = view["response"], view["response_bucket"]
    yield _family(spec.RESOLUTION, view.priority, resolution_bucket, resolution)
    yield _family(spec.DEPARTMENT_RESOLUTION, view.department, resolution_bucket, resolution)
    yield _family(spec.ACTIVITY, view.priority, view["activity_bucket"], view["activity"])
    yield _family(spec.FIRST_RESPONSE, view.priority, response_bucket, response)
    yield _some(spec.RECENT_RESOLUTION, view, _recent(resolved, view.now) & ended, resolution_bucket, resolution)
    yield _some(spec.RECENT_FIRST_RESPONSE, view, _recent(view["responded"], view.now), response_bucket, response)
    aging = np.flatnonzero((view.state == OPEN) & (view["created"] > BAD))
    age = np.maximum(view.now - view["created"][aging], 0)
    bucket = np.searchsorted(_BOUNDS, age, side="left").astype(np.int8)
    yield _family(spec.OPEN_AGE, _at(view.priority, aging), bucket, age)


def _recent(moments: npt.NDArray[np.int64], now: float) -> npt.NDArray[np.bool_]:
    return (moments > now - RECENT) & (moments <= now)


def _some(metric: MetricSpec, view: View, chosen: npt.NDArray[np.bool_], bucket: Buckets, seconds: Seconds) -> Metric:
    places = np.flatnonzero(chosen)
    return _family(metric, _at(view.priority, places), bucket[places], seconds[places])


def _at(dimension: Coded, places: npt.NDArray[np.int64]) -> Coded:
    return Coded(dimension.labels, dimension.codes[places], dimension.active)


def _family(metric: MetricSpec, dimension: Coded, bucket: Buckets, seconds: Seconds) -> Metric:
    """Build the histograms by label; empty ones only for labels that are always exported."""
    height, width = len(dimension.labels), BUCKETS + 1
    counts = np.bincount(dimension.codes * np.int32(width) + bucket, minlength=height * width)
    counts = counts.reshape(height, width)[:, :BUCKETS]
    # Tickets without a duration have 0 s in the frame, but those that do not belong here must not add theirs.
    valid = bucket != NO_BUCKET
    sums = np.bincount(dimension.codes, weights=np.where(valid, seconds, 0.0), minlength=height)
    samples: dict[Labels, tuple[npt.NDArray[np.int64], float]] = {
        (label,): (counts[code], float(sums[code]))
        for code, label in enumerate(dimension.labels)
        if counts[code].any() or code in dimension.active
    }
    return metric.histogram(samples)
