"""The frame of a dashboard: variables, links, annotations, and the grid that panels are laid on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from exporter.catalogue import tickets, umbrella
from grafana.build.query import DATASOURCE, SCOPE, Json, sel

TAG: Final = "umbrella"
WIDTH: Final = 24  # columns of Grafana's grid
DEMO_BANNER: Final = "Demonstration: these tickets, people and departments are invented."


@dataclass(frozen=True, slots=True)
class Line:
    """Panels side by side.

    Attributes:
        height: of all of them, in grid units of about 38 pixels.
        panels: (columns, panel) from left to right.
    """

    height: int
    panels: Sequence[tuple[int, Json]]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading; closed ones load nothing until the reader opens them."""

    title: str
    lines: Sequence[Line]
    closed: bool = False


def dashboard(uid: str, title: str, description: str, sections: Iterable[Section], *, since: str) -> Json:
    """Return a whole dashboard for ``schemaVersion`` 41, which Grafana 11, 12 and 13 load.

    Args:
        uid: stable; addresses and links carry it.
        title: shown in the list of dashboards.
        description: what question the dashboard answers.
        sections: from top to bottom; a section without title has no heading.
        since: the time range at first sight, for instance ``now-24h``.
    """
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": [TAG],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 41,
        "version": 1,
        "timezone": "browser",
        "refresh": "1m",  # the exporter's own refresh
        "time": {"from": since, "to": "now"},
        "links": [_dropdown()],
        "annotations": {"list": [_spikes()]},
        "templating": {"list": _variables()},
        "panels": placed(sections),
    }


def placed(sections: Iterable[Section]) -> list[Json]:
    """Lay all panels on the grid, top down, without gaps, and number them."""
    result: list[Json] = []
    top = 0
    number = 0
    for section in sections:
        heading: Json | None = None
        if section.title:
            number += 1
            heading = _heading(section, number, top)
            result.append(heading)
            top += 1
        below: list[Json] = []
        for line in section.lines:
            left = 0
            for width, panel in line.panels:
                number += 1
                place = {"x": left, "y": top, "w": width, "h": line.height}
                below.append({"id": number, "gridPos": place, **panel})
                left += width
            if left != WIDTH:
                raise ValueError(f"A line of section {section.title!r} is {left} columns wide, not {WIDTH}")
            top += line.height
        if heading is not None and section.closed:
            heading["panels"] = below
        else:
            result += below
    return result


def _heading(section: Section, number: int, top: int) -> Json:
    return {
        "type": "row",
        "id": number,
        "title": section.title,
        "collapsed": section.closed,
        "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        "panels": [],
    }


def _dropdown() -> Json:
    return {
        "type": "dashboards", "title": "Umbrella", "tags": [TAG], "asDropdown": True, "includeVars": True,
        "keepTime": True, "icon": "external link", "targetBlank": False, "tooltip": "", "url": "",
    }  # fmt: skip


def _spikes() -> Json:
    return {
        "name": "Ticket spikes",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "orange",
        "expr": f'max by (alertname, instance, department, window) (ALERTS{{{SCOPE},alertname=~".*TicketSpike",'
        'alertstate="firing"})',
        "step": "60s",
        "titleFormat": "{{alertname}} {{department}}",
        "textFormat": "in {{window}}",
        "tagKeys": "instance",
    }


def _variables() -> list[Json]:
    return [
        {
            "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "hide": 2,
            "current": {"text": "Prometheus", "value": "umbrella-prometheus"}, "regex": "", "refresh": 1,
            "multi": False, "includeAll": False, "options": [], "skipUrlSync": False,
        },
        choice("job", "Job", f"label_values({umbrella.BUILD_INFO.name}, job)", every=".+", hidden=True),
        choice(
            "instance", "Instance", f'label_values({umbrella.BUILD_INFO.name}{{job=~"$job"}}, instance)', every=".+",
        ),
        choice("school", "School", f"label_values({sel(tickets.DEPARTMENT_TICKETS)}, school)"),
        choice(
            "department", "Department",
            f'label_values({sel(tickets.DEPARTMENT_TICKETS, school="$school")}, department)',
        ),
        choice("priority", "Priority", f"label_values({sel(tickets.TICKETS)}, priority)"),
        _banner(),
    ]  # fmt: skip


def choice(name: str, label: str, query: str, *, every: str = ".*", hidden: bool = False) -> Json:
    """Return a variable with the values of a label, several at once, all at first."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "hide": 2 if hidden else 0,
        "datasource": DATASOURCE,
        "query": {"qryType": 1, "query": query, "refId": f"variable-{name}"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "regex": "",
        "multi": True,
        "includeAll": True,
        "allValue": every,
        "current": {"text": ["All"], "value": ["$__all"]},
        "options": [],
        "skipUrlSync": False,
    }


def _banner() -> Json:
    """Return the hidden variable that holds the banner's sentence where data are invented, and nothing elsewhere."""
    demo = f"max({sel(umbrella.DEMO_DATA)}) == 1"
    query = f'query_result(label_replace({demo}, "banner", "{DEMO_BANNER}", "", ""))'
    return {
        **choice("demo", "Demo", query, hidden=True),
        "query": {"qryType": 3, "query": query, "refId": "variable-demo"},
        "regex": '/banner="([^"]*)"/',
        "multi": False,
        "includeAll": False,
        "allValue": None,
        "current": {},
        "skipUrlSync": True,
    }
