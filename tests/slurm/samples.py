"""Metric families as plain values."""

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

Values = dict[str, dict[tuple[str, ...], float]]


def values(families: Iterable[Metric]) -> Values:
    """Return value by label values (in the order of the label names) by metric; a series that comes twice fails."""
    found: Values = {}
    for family in families:
        series = found.setdefault(family.name, {})
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            assert labels not in series, f"{family.name} has the series {labels} twice"
            series[labels] = sample.value
    return found
