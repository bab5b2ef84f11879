"""Arrivals against their expectation: the same picture for every window."""

from typing import Final

from exporter.catalogue import tickets
from grafana.build.panels import timeseries
from grafana.build.query import Json, sel, series
from grafana.build.style import GREY, ORANGE, SKY, by_name, fixed

WINDOWS: Final = {"1h": "hour", "24h": "24 hours", "7d": "7 days"}
CREATED: Final = "Created"
EXPECTED: Final = "Expected"
BOUND: Final = "Bound (99.9 %)"


def band(window: str, title: str) -> Json:
    """Return the tickets created in the window that ended at each moment, and the band in which they should lie."""
    targets = [
        series(sel(tickets.CREATED, window=window), CREATED),
        series(sel(tickets.EXPECTED, window=window), EXPECTED),
        series(sel(tickets.UPPER, window=window), BOUND),
    ]
    overrides = [
        by_name(CREATED, color=fixed(SKY), custom__lineWidth=3),
        by_name(EXPECTED, color=fixed(GREY), decimals=1, custom__lineStyle={"fill": "dash", "dash": [8, 6]}),
        by_name(
            BOUND, color=fixed(ORANGE), custom__lineWidth=1, custom__fillBelowTo=EXPECTED, custom__fillOpacity=12,
        ),
    ]  # fmt: skip
    description = (
        f"Tickets created in the last {WINDOWS[window]} before each moment; what the whole history makes expect at "
        "that hour, weekday and season; the bound that chance exceeds on one day in a thousand. Above the bound, and "
        "at least 5 tickets, is a spike."
    )
    return timeseries(title, description, targets, overrides=overrides, calcs=["lastNotNull", "max"], decimals=None)


def nearness() -> Json:
    """Return the target: created tickets as a part of the bound, per window."""
    return {
        "expr": f"{sel(tickets.CREATED)} / {sel(tickets.UPPER)}",
        "legendFormat": "{{window}}",
        "range": False,
        "instant": True,
    }
