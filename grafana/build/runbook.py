"""docs/runbook.md as a dashboard: the page that a notification's link opens."""

from math import ceil
from typing import Final

from grafana.build.dashboard import TAG
from grafana.build.panels import text
from grafana.build.query import Json

UID = "umbrella-runbook"
LETTERS: Final = 60  # of a line of text in a panel of half the width of a small screen
LINES_PER_UNIT: Final = 1.6  # of the grid


def runbook(markdown: str) -> Json:
    """Return the dashboard ``umbrella-runbook``: an introduction, then two entries beside each other.

    Args:
        markdown: docs/runbook.md; each heading of the second level begins an entry.
    """
    introduction, *entries = markdown.split("\n## ")
    panels = [_panel(1, (0, 0, 24, 6), "", introduction.split("\n", 1)[1].strip())]
    top = 6
    for first in range(0, len(entries), 2):
        beside = [entry.split("\n", 1) for entry in entries[first : first + 2]]
        height = max(_height(body) for _, body in beside)
        for column, (name, body) in enumerate(beside):
            panels.append(_panel(first + column + 2, (12 * column, top, 12, height), name, body.strip()))
        top += height
    return {
        "uid": UID,
        "title": "Umbrella runbook",
        "description": "What each alert means, where to look first, what to do.",
        "tags": [TAG],
        "editable": False,
        "schemaVersion": 41,
        "version": 1,
        "timezone": "browser",
        "refresh": "",
        "time": {"from": "now-24h", "to": "now"},
        "timepicker": {"hidden": True},
        "links": [],
        "annotations": {"list": []},
        "templating": {"list": []},
        "panels": panels,
    }


def _height(body: str) -> int:
    """Return grid units that the text needs: its lines, a blank one after each paragraph, and the title."""
    lines = sum(ceil(len(paragraph) / LETTERS) + 1 for paragraph in body.strip().split("\n\n"))
    return 2 + ceil(lines / LINES_PER_UNIT)


def _panel(number: int, place: tuple[int, int, int, int], title: str, markdown: str) -> Json:
    grid = dict(zip("xywh", place, strict=True))
    return {"id": number, "gridPos": grid, **text(markdown, title=title, mode="markdown")}
