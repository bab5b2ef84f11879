"""The rarer kinds of panel: curves over numbers, states over time, distributions over time, firing alerts."""

from collections.abc import Sequence

from grafana.build.panels import panel
from grafana.build.query import Json


def trend(
    title: str,
    description: str,
    targets: Sequence[Json],
    *,
    x: str,
    transformations: Sequence[Json],
    overrides: Sequence[Json] = (),
    unit: str = "short",
) -> Json:
    """Return curves over a number that is not time: a month of the year, a year with its fraction."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 2,
        "fillOpacity": 0,
        "showPoints": "never",
        "spanNulls": False,
    }
    options = {
        "xField": x,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel(
        "trend", title, description, targets, unit=unit, options=options, custom=custom,
        defaults={"color": {"mode": "palette-classic"}}, overrides=overrides, transformations=transformations,
    )  # fmt: skip


def states(title: str, description: str, target: Json, *, mappings: Sequence[Json]) -> Json:
    """Return one band per series, coloured by its state over time."""
    options = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "left",
        "rowHeight": 0.8,
        "perPage": 0,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel(
        "state-timeline", title, description, [target], unit="none", options=options,
        custom={"lineWidth": 0, "fillOpacity": 80}, defaults={"color": {"mode": "fixed"}, "mappings": list(mappings)},
    )  # fmt: skip


def heatmap(title: str, description: str, target: Json, *, unit: str = "s") -> Json:
    """Return a distribution over time from the buckets of a gauge histogram."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Viridis", "steps": 64, "reverse": False, "exponent": 0.5},
        "yAxis": {"unit": unit, "axisPlacement": "left"},
        "cellValues": {"unit": "short"},
        "rowsFrame": {"layout": "auto", "value": "Tickets"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
        "showValue": "never",
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
    }
    custom = {"scaleDistribution": {"type": "linear"}, "hideFrom": {"tooltip": False, "viz": False, "legend": False}}
    return panel("heatmap", title, description, [target], unit=unit, options=options, custom=custom)


def alerts(title: str, description: str) -> Json:
    """Return the list of firing alerts, from Prometheus' rules."""
    options = {
        "viewMode": "list",
        "groupMode": "default",
        "groupBy": [],
        "maxItems": 20,
        "sortOrder": 3,  # by importance
        "dashboardAlerts": False,
        "alertName": "",
        "alertInstanceLabelFilter": '{severity=~"critical|warning|info"}',
        "datasource": "Prometheus",
        "stateFilter": {"firing": True, "pending": False, "noData": False, "normal": False, "error": True},
        "showInactiveAlerts": False,
    }
    made = panel("alertlist", title, description, [], unit="none", options=options)
    return {key: made[key] for key in made if key not in {"datasource", "targets", "fieldConfig", "transformations"}}
