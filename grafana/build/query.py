"""Selectors and targets: metric and label names come from the exporter's catalogue, so a wrong one does not build."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from exporter.catalogue import MetricSpec

Json = dict[str, Any]

DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
# dashboard-linter's rule, and sense: every selector follows the job and instance chosen at the top of the page.
SCOPE: Final = 'job=~"$job",instance=~"$instance"'
Values = str | tuple[str, ...]
Part = Literal["", "_bucket", "_gcount", "_gsum"]


def sel(metric: MetricSpec, part: Part = "", /, **labels: Values) -> str:
    """Return a selector of one of our metrics within the chosen job and instance.

    Args:
        metric: from the catalogue.
        part: which series of a gauge histogram.
        labels: matchers by label name. A value that begins with ``$`` (a dashboard variable) or ``~`` is a regular
            expression, one that begins with ``!~`` an excluding one; all else must be equal. Several values must all
            hold.

    Raises:
        ValueError: the metric has no such label or no such part.
    """
    unknown = set(labels) - set(metric.labels)
    if unknown or bool(part) != (metric.kind == "gaugehistogram"):
        raise ValueError(f"{metric.name}{part} has no {', '.join(sorted(unknown)) or 'such series'}")
    return foreign(metric.name + part, **labels)


def foreign(name: str, /, **labels: Values) -> str:
    """Return a selector of a metric that is not ours, within the chosen job and instance; as :func:`sel` does."""
    return f"{name}{{{','.join([SCOPE, *_matchers(labels)])}}}"


def _matchers(labels: Mapping[str, Values]) -> list[str]:
    wanted = [(name, (values,) if isinstance(values, str) else values) for name, values in labels.items()]
    return [_matcher(name, value) for name, values in wanted for value in values]


def _matcher(name: str, value: str) -> str:
    if value.startswith("$"):
        return f'{name}=~"{value}"'
    if value.startswith("!~"):
        return f'{name}!~"{value[2:]}"'
    if value.startswith("~"):
        return f'{name}=~"{value[1:]}"'
    return f'{name}="{value}"'


def series(expr: str, legend: str) -> Json:
    """Return a target that draws over time."""
    return {"expr": expr, "legendFormat": legend, "range": True, "instant": False}


def now(expr: str, legend: str) -> Json:
    """Return a target that asks for the present values only."""
    return {"expr": expr, "legendFormat": legend, "range": False, "instant": True}


def rows(expr: str) -> Json:
    """Return a target whose present values become the rows of a table, one column per label."""
    return {"expr": expr, "legendFormat": "", "range": False, "instant": True, "format": "table"}


def buckets(expr: str, *, over_time: bool) -> Json:
    """Return a target of histogram buckets (``le`` as the only label); Grafana takes the differences itself."""
    return {"expr": expr, "legendFormat": "{{le}}", "range": over_time, "instant": not over_time, "format": "heatmap"}


def lettered(targets: list[Json]) -> list[Json]:
    """Give each target its letter and the data source that the reader has chosen."""
    return [
        {"refId": chr(ord("A") + number), "datasource": DATASOURCE, "editorMode": "code", **target}
        for number, target in enumerate(targets)
    ]
