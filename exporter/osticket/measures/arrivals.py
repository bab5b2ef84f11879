"""Tickets created in the last hour, day and week, beside what the help desk's own history makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from prometheus_client.metrics_core import Metric

from exporter.arrivals import WINDOWS, ArrivalModel, HourlyCounts, created_in_window
from exporter.catalogue import tickets as spec
from exporter.osticket.dialect import BAD
from exporter.osticket.measures.view import View

REFIT: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """A model of arrivals and the departments that it knows.

    Attributes:
        fitted: when it was fitted, Unix time.
        departments: department labels by the model's group number.
    """

    model: ArrivalModel
    fitted: float
    departments: tuple[str, ...]

    def serves(self, view: View) -> bool:
        """Return whether the model still fits: recent, of the same zone, and it knows every department."""
        return (
            0 <= view.now - self.fitted < REFIT
            and set(view.department.labels) <= set(self.departments)
            and self.model.zone == view.desk.help_zone
        )


def fit(view: View) -> Expectation:
    """Fit the model on the whole history of the counted tickets."""
    departments = tuple(view.department.labels)
    counts = HourlyCounts.of(view["created"], view.department.codes, len(departments), view.now)
    return Expectation(ArrivalModel.fit(counts, view.desk.help_zone), view.now, departments)


def families(view: View, expectation: Expectation) -> Iterator[Metric]:
    """Yield created, expected and bound per window, in total and per department."""
    place = {label: code for code, label in enumerate(expectation.departments)}
    group = np.array([place[label] for label in view.department.labels], dtype=np.int64)
    # Only the newest tickets matter; everything older is left out before anything else is done.
    recent = np.flatnonzero(view["created"] > max(view.now - max(WINDOWS.values()), BAD))
    created = view["created"][recent]
    codes = group[view.department.codes[recent]]
    counts = {
        window: created_in_window(created, codes, len(place), seconds, view.now) for window, seconds in WINDOWS.items()
    }
    bands = {window: expectation.model.expect(seconds, view.now) for window, seconds in WINDOWS.items()}
    yield spec.CREATED.family(((window,), float(counts[window].sum())) for window in WINDOWS)
    yield spec.EXPECTED.family(((window,), float(bands[window].expected)) for window in WINDOWS)
    yield spec.UPPER.family(((window,), float(bands[window].upper)) for window in WINDOWS)
    for metric, values in (
        (spec.DEPARTMENT_CREATED, counts),
        (spec.DEPARTMENT_EXPECTED, {window: band.group_expected for window, band in bands.items()}),
        (spec.DEPARTMENT_UPPER, {window: band.group_upper for window, band in bands.items()}),
    ):
        yield metric.family(
            ((department, window), float(values[window][code]))
            for department, code in place.items()
            for window in WINDOWS
        )
