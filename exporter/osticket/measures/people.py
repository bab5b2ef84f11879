"""Requesters: who asks most, how long they wait. Labels are pseudonyms unless the configuration says otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from prometheus_client.metrics_core import Metric

from exporter.catalogue import tickets as spec
from exporter.catalogue.base import REQUESTER_BOUNDS
from exporter.labels import OTHER, UNKNOWN
from exporter.osticket.frame import NO_BUCKET
from exporter.osticket.measures.view import View
from exporter.osticket.requesters import NOBODY
from exporter.people import Pseudonyms


@dataclass(frozen=True, slots=True)
class _Top:
    """The requesters that are told apart.

    Attributes:
        labels: their labels, then ``unknown``, then ``other``.
        place: index in ``labels`` by requester code.
        departments: department label of each of ``labels``.
    """

    labels: list[str]
    place: npt.NDArray[np.int64]
    departments: list[str]


def families(view: View, pseudonyms: Pseudonyms, top: int) -> Iterator[Metric]:
    """Yield the metrics over requesters; those with a label for a person only where the configuration allows them."""
    people = len(view.desk.requesters.ids)
    counts = np.bincount(view.requester, minlength=people)
    yield spec.USERS.family([((), float(np.count_nonzero(counts[NOBODY + 1 :])))])
    yield _mean_activity(view, people)
    if pseudonyms.mode == "off":
        return
    chosen = _choose(view, counts, pseudonyms, top)
    place = chosen.place[view.requester]
    size = len(chosen.labels)
    tickets = np.bincount(place, minlength=size)
    yield spec.USER_TICKETS.family(
        ((label, chosen.departments[code]), float(tickets[code]))
        for code, label in enumerate(chosen.labels)
        if tickets[code]
    )
    width = len(view.priority.labels)
    crossed = np.bincount(place * width + view.priority.codes, minlength=size * width).reshape(size, width)
    yield spec.USER_PRIORITY_TICKETS.family(
        ((label, priority), float(crossed[code, column]))
        for code, label in enumerate(chosen.labels)
        for column, priority in enumerate(view.priority.labels)
        if crossed[code, column]
    )
    resolved = view.ended & (view["resolution_bucket"] != NO_BUCKET)
    number = np.bincount(place[resolved], minlength=size)
    seconds = np.bincount(place[resolved], weights=view["resolution"][resolved], minlength=size)
    yield spec.USER_MEAN_RESOLUTION.family(
        ((label,), float(seconds[code] / number[code])) for code, label in enumerate(chosen.labels) if number[code]
    )


def _choose(view: View, counts: npt.NDArray[np.int64], pseudonyms: Pseudonyms, top: int) -> _Top:
    """Choose the requesters with most tickets; ties by requester id; the unknown one takes no place."""
    ids, names = view.desk.requesters.ids, view.desk.requesters.names
    candidates = np.flatnonzero(counts)
    candidates = candidates[candidates != NOBODY]
    if len(candidates) > top:
        # Only those that may be among the first are sorted by their ids.
        least = np.partition(counts[candidates], len(candidates) - top)[len(candidates) - top]
        candidates = candidates[counts[candidates] >= least]
    best = sorted(candidates.tolist(), key=lambda code: (-counts[code], ids[code]))[:top]
    labels = pseudonyms.labels({ids[code]: names[code] for code in best})
    place = np.full(len(ids), len(best) + 1, dtype=np.int64)
    place[best] = np.arange(len(best))
    place[NOBODY] = len(best)
    return _Top(
        [*(labels[ids[code]] for code in best), UNKNOWN, OTHER],
        place,
        [*(view.department.labels[view.department_of[code]] for code in best), UNKNOWN, OTHER],
    )


def _mean_activity(view: View, people: int) -> Metric:
    """Distribute requesters by the mean activity span of their tickets."""
    valid = (view["activity_bucket"] != NO_BUCKET) & (view.requester != NOBODY)
    who = view.requester[valid]
    number = np.bincount(who, minlength=people)
    seconds = np.bincount(who, weights=view["activity"][valid], minlength=people)
    asked = number > 0
    means = seconds[asked] / number[asked]
    buckets = np.searchsorted(np.array(REQUESTER_BOUNDS, dtype=np.float64), means, side="left")
    counts = np.bincount(buckets, minlength=len(REQUESTER_BOUNDS) + 1)
    return spec.USERS_MEAN_ACTIVITY.histogram({(): (counts, float(means.sum()))})
