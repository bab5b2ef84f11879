"""Umbrella's own metrics: is each collector alive, how fresh, how fast."""

from typing import Final

from exporter.catalogue.base import MetricSpec

_C = ("collector",)

BUILD_INFO: Final = MetricSpec("umbrella_build_info", "gauge", ("version",), "Version of Umbrella; always 1.")
DEMO_DATA: Final = MetricSpec(
    "umbrella_demo_data", "gauge", _C, "1 for each collector whose data are invented for a demonstration."
)
UP: Final = MetricSpec(
    "umbrella_collector_up", "gauge", _C, "Whether every part of the collector's last refresh succeeded."
)
LAST_SUCCESS: Final = MetricSpec(
    "umbrella_collector_last_success_timestamp_seconds",
    "gauge",
    _C,
    "When the collector last refreshed without an error, Unix time; 0 before the first success.",
    "seconds",
)
LAST_DURATION: Final = MetricSpec(
    "umbrella_collector_last_duration_seconds", "gauge", _C, "How long the newest attempt took.", "seconds"
)
REFRESHES: Final = MetricSpec(
    "umbrella_collector_refreshes_total", "counter", _C, "Refreshes attempted since start.", "refreshes"
)
FAILURES: Final = MetricSpec(
    "umbrella_collector_failures_total", "counter", _C, "Refreshes that failed, wholly or in part.", "refreshes"
)
ROWS: Final = MetricSpec(
    "umbrella_collector_rows", "gauge", _C, "Rows that the collector holds: tickets, users, jobs.", "rows"
)

SPECS: Final = (BUILD_INFO, DEMO_DATA, UP, LAST_SUCCESS, LAST_DURATION, REFRESHES, FAILURES, ROWS)
