"""One function per kind of panel; each returns the panel's JSON without its place, which the layout gives."""

from collections.abc import Sequence
from typing import Final

from grafana.build.query import DATASOURCE, Json, lettered
from grafana.build.style import SKY, fixed, steps

PLUGIN_VERSION: Final = "11.6.0"  # the options below are those of this version; newer ones migrate them
NEUTRAL: Final = steps(SKY)


def panel(
    kind: str,
    title: str,
    description: str,
    targets: Sequence[Json],
    *,
    unit: str,
    options: Json | None = None,
    custom: Json | None = None,
    defaults: Json | None = None,
    overrides: Sequence[Json] = (),
    transformations: Sequence[Json] = (),
) -> Json:
    """Return a panel of any kind.

    Args:
        kind: the plugin's id.
        title: what the panel shows, without unit.
        description: the definition in one or two sentences; shown when the reader points at the title.
        targets: from :mod:`grafana.build.query`.
        unit: one of Grafana's unit ids.
        options: the panel's options.
        custom: the field options of this kind.
        defaults: further field options of all kinds: min, max, decimals, colour, thresholds, mappings, links, noValue.
        overrides: field options by field.
        transformations: on the result, in order.
    """
    field = {"unit": unit, "thresholds": NEUTRAL, "custom": custom or {}, **(defaults or {})}
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "pluginVersion": PLUGIN_VERSION,
        "targets": lettered(list(targets)),
        "fieldConfig": {"defaults": field, "overrides": list(overrides)},
        "options": options or {},
        "transformations": list(transformations),
    }


def text(content: str, *, title: str = "", mode: str = "html", transparent: bool = False) -> Json:
    """Return a text panel; variables in the content are filled in."""
    return {
        "type": "text",
        "title": title,
        "pluginVersion": PLUGIN_VERSION,
        "transparent": transparent,
        "options": {"mode": mode, "content": content},
    }


def stat(title: str, description: str, target: Json, *, unit: str = "short", **field: object) -> Json:
    """Return a large number (one per instance) on a quiet background."""
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "text": {"valueSize": 34},
        "textMode": "auto",
        "wideLayout": False,
        "showPercentChange": False,
    }
    return panel(
        "stat", title, description, [target], unit=unit, options=options,
        defaults={"color": {"mode": "thresholds"}, **field},
    )  # fmt: skip


def timeseries(
    title: str,
    description: str,
    targets: Sequence[Json],
    *,
    unit: str = "short",
    overrides: Sequence[Json] = (),
    calcs: Sequence[str] = ("lastNotNull", "mean", "max"),
    **field: object,
) -> Json:
    """Return lines over time with a legend of last, mean and greatest value."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter",  # counts stay what they are until the next refresh
        "lineWidth": 2,
        "fillOpacity": 0,
        "showPoints": "never",
        "spanNulls": False,
    }
    options = {
        "legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": list(calcs)},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel(
        "timeseries", title, description, targets, unit=unit, options=options, custom=custom,
        defaults={"color": {"mode": "palette-classic"}, "min": 0, **field}, overrides=overrides,
    )  # fmt: skip


def bars(
    title: str,
    description: str,
    target: Json,
    *,
    unit: str = "short",
    overrides: Sequence[Json] = (),
    transformations: Sequence[Json] = (),
    **field: object,
) -> Json:
    """Return ranked horizontal bars, one per series, in the order of the query."""
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "text": {"titleSize": 12, "valueSize": 13},
        "valueMode": "text",
        "namePlacement": "left",
        "showUnfilled": True,
        "sizing": "manual",
        "minVizHeight": 10,
        "minVizWidth": 8,
        "maxVizHeight": 26,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
    }
    return panel(
        "bargauge", title, description, [target], unit=unit, options=options, overrides=overrides,
        transformations=transformations, defaults={"color": fixed(SKY), "min": 0, **field},
    )  # fmt: skip


def pie(title: str, description: str, target: Json, *, overrides: Sequence[Json]) -> Json:
    """Return a ring with a legend of numbers and parts."""
    options = {
        "pieType": "donut",
        "displayLabels": [],
        "legend": {
            "displayMode": "table", "placement": "bottom", "showLegend": True, "values": ["value", "percent"],
        },
        "tooltip": {"mode": "single", "sort": "none"},
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }  # fmt: skip
    return panel(
        "piechart", title, description, [target], unit="short", options=options, overrides=overrides,
        defaults={"color": {"mode": "palette-classic"}, "min": 0},
    )  # fmt: skip


def table(
    title: str,
    description: str,
    targets: Sequence[Json],
    *,
    sort: str,
    unit: str = "short",
    descending: bool = True,
    overrides: Sequence[Json] = (),
    transformations: Sequence[Json] = (),
    custom: Json | None = None,
    **field: object,
) -> Json:
    """Return a table, sorted by the column ``sort``."""
    cells = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False, "inspect": False, "minWidth": 50}
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": sort, "desc": descending}],
    }
    return panel(
        "table", title, description, targets, unit=unit, options=options, custom={**cells, **(custom or {})},
        defaults={"color": fixed(SKY), "min": 0, **field}, overrides=overrides, transformations=transformations,
    )  # fmt: skip
