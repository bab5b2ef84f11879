"""docs/runbook.md as a dashboard: the page that a notification's link opens."""

from grafana.build.dashboard import TAG
from grafana.build.panels import text
from grafana.build.query import Json

UID = "umbrella-runbook"


def runbook(markdown: str) -> Json:
    """Return the dashboard ``umbrella-runbook``: an introduction, then two entries beside each other.

    Args:
        markdown: docs/runbook.md; each heading of the second level begins an entry.
    """
    introduction, *entries = markdown.split("\n## ")
    panels = [_panel(1, (0, 0, 24, 7), "", introduction.split("\n", 1)[1].strip())]
    for number, entry in enumerate(entries):
        name, body = entry.split("\n", 1)
        panels.append(_panel(number + 2, (12 * (number % 2), 7 + 12 * (number // 2), 12, 12), name, body.strip()))
    return {
        "uid": UID,
        "title": "Runbook",
        "description": "What each alert means, where to look first, what to do.",
        "tags": [TAG],
        "editable": False,
        "schemaVersion": 41,
        "version": 1,
        "timezone": "browser",
        "refresh": "",
        "time": {"from": "now-24h", "to": "now"},
        "links": [],
        "annotations": {"list": []},
        "templating": {"list": []},
        "panels": panels,
    }


def _panel(number: int, place: tuple[int, int, int, int], title: str, markdown: str) -> Json:
    grid = dict(zip("xywh", place, strict=True))
    return {"id": number, "gridPos": grid, **text(markdown, title=title, mode="markdown")}
