"""How long tickets take: exact means, and quantiles as far as the buckets tell."""

from collections.abc import Mapping

from exporter.catalogue import tickets
from exporter.catalogue.base import TICKET_BOUNDS, MetricSpec
from grafana.build.charts import heatmap
from grafana.build.dashboard import Line
from grafana.build.panels import bars, table
from grafana.build.query import Json, buckets, rows, sel
from grafana.build.style import bucket_names, by_name
from grafana.build.transform import columns, merged

PER_PRIORITY = "sum by (job, instance, priority)"
CHOSEN = {"priority": "$priority"}


def resolution_summary() -> list[tuple[int, Json]]:
    """Return the tables of durations per priority: lately, and over all time."""
    recent, response = tickets.RECENT_RESOLUTION, tickets.RECENT_FIRST_RESPONSE
    lately = {
        "Resolved": _count(recent), "Mean": _mean(recent), "Median": _quantile(0.5, recent),
        "90 %": _quantile(0.9, recent), "Answer": _quantile(0.5, response),
        "Answer, 90 %": _quantile(0.9, response),
    }  # fmt: skip
    ever = {
        "Resolved": _count(tickets.RESOLUTION), "Mean": _mean(tickets.RESOLUTION),
        "Median": _quantile(0.5, tickets.RESOLUTION), "Activity": _mean(tickets.ACTIVITY),
    }  # fmt: skip
    how = "Means are exact, medians and quantiles are interpolated in the histogram's buckets."
    return [
        (14, _summary("Times per priority, last 30 days",
                      "Tickets resolved in the last 30 days, from creation to the closing that no reopening followed; "
                      f"and Answer: first answers of the last 30 days, from creation (median, 90 %). {how}", lately)),
        (10, _summary("Times per priority, all time",
                      "All closed tickets, from creation to the closing that no reopening followed; and Activity, the "
                      f"mean span from creation to the last activity, over all tickets. {how}", ever)),
    ]  # fmt: skip


def _summary(title: str, description: str, measures: Mapping[str, str]) -> Json:
    values = {f"Value #{chr(ord('A') + place)}": name for place, name in enumerate(measures)}
    return table(
        title,
        description,
        [rows(expr) for expr in measures.values()],
        unit="s",
        sort="Resolved",
        decimals=1,
        transformations=[merged(), columns({"priority": "Priority", **values}, hide=["job", "instance"])],
        overrides=[by_name("Resolved", unit="locale", decimals=0)],
    )


def durations() -> list[Line]:
    """Return the distributions: now as bars, over time as heat maps."""
    made = [
        (8, _distribution("Open tickets by age", "Open tickets by the time since their creation.", tickets.OPEN_AGE)),
        (8, _distribution("Resolved in 30 days, by time taken",
                          "Tickets resolved in the last 30 days by the time from creation to resolution.",
                          tickets.RECENT_RESOLUTION)),
        (8, _distribution("All resolved tickets, by time taken",
                          "All closed tickets by the time from creation to resolution.", tickets.RESOLUTION)),
    ]  # fmt: skip
    ages = f"sum by (le) ({sel(tickets.OPEN_AGE, '_bucket', **CHOSEN)})"
    answers = f"sum by (le) ({sel(tickets.RECENT_FIRST_RESPONSE, '_bucket', **CHOSEN)})"
    return [
        Line(12, made),
        Line(9, [
            (12, heatmap("Age of the open tickets over time", "How many open tickets were how old at each moment.",
                         buckets(ages, over_time=True))),
            (12, heatmap("First response over time",
                         "How many tickets first answered in the 30 days before each moment waited how long for it.",
                         buckets(answers, over_time=True))),
        ]),
    ]  # fmt: skip


def _distribution(title: str, description: str, metric: MetricSpec) -> Json:
    target = buckets(f"sum by (le) ({sel(metric, '_bucket', **CHOSEN)})", over_time=False)
    return bars(title, description, target, overrides=bucket_names(TICKET_BOUNDS))


def _count(metric: MetricSpec) -> str:
    return f"{PER_PRIORITY} ({sel(metric, '_gcount', **CHOSEN)})"


def _mean(metric: MetricSpec) -> str:
    count = sel(metric, "_gcount", **CHOSEN)
    return f"{PER_PRIORITY} ({sel(metric, '_gsum', **CHOSEN)}) / ({PER_PRIORITY} ({count}) > 0)"


def _quantile(part: float, metric: MetricSpec) -> str:
    by_bucket = f"sum by (job, instance, priority, le) ({sel(metric, '_bucket', **CHOSEN)})"
    return f"histogram_quantile({part}, {by_bucket}) >= 0"  # without tickets the quantile is NaN: left out
