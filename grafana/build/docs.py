"""docs/dashboards.md: every panel with its definition, and where the figures of the earlier analysis went."""

from typing import Final

from grafana.build.query import Json

_HEAD: Final = """# Dashboards

Written by `python -m grafana.build` from `grafana/build/`, this page too; nobody edits dashboards in the browser.
Grafana 11, 12 and 13 load them; no plugin is needed. *Closed* rows ask nothing before they are opened.

- At the top of the page: the help desk (`instance`), and school, department and priority for the panels that know them.
  Links between dashboards keep them and the time range. Choose one instance when you watch several help desks: bars and
  curves are drawn per instance.
- Colours can be told apart with any common colour blindness: green is well, orange is waiting or near a bound,
  vermilion is wrong or above a bound, sky blue is a number without a judgement.
- Where a collector's data are invented, a sentence in the first line of the page says so.
- A gap in a curve is a time without an exporter; a collector that fails keeps its last numbers, and "Data age" grows.
- Everything by month, and every total, is read from the help desk's own tables: there from the first minute.
  Curves over time are Prometheus' own observations: they begin with the installation.
"""

# The figures of the one-off analysis (a dump, a notebook, static pictures) that these dashboards replace.
FIGURES: Final = (
    ("Tickets per requester, number of cluster accounts", ("Requesters with most tickets", "Users of the cluster"),
     "Requester is the local part of the default address; several addresses of a person are one requester."),
    ("Tickets per department", ("Departments that ask most", "Departments"),
     "Department is the organization of the default Slurm account; unknown is in the table, not among the bars."),
    ("Tickets per school", ("By school",), "The mapping is in the configuration; unmapped departments are other."),
    ("Tickets per month, years overlaid, smoothed trend",
     ("Every month of the history", "The months of every year", "Tickets created by month and year"),
     "Months are cut in the help desk's zone; the trend is a mean over twelve months."),
    ("Tickets by priority", ("All tickets by priority", "Open by priority"), "The priority of the ticket's form."),
    ("Time taken per priority",
     ("Times per priority, last 30 days", "Times per priority, all time", "All resolved tickets, by time taken"),
     "By the real priority, not the status; resolution and span to the last activity are two measures."),
    ("Average time per priority", ("Times per priority, all time",), "Exact means."),
    ("Requesters by their mean time", ("Requesters by mean time of their tickets",),
     "Bounds 1, 5, 10, 15, 20, 30, 60, 500 days; nothing falls between them."),
    ("Mean time per requester", ("Requesters with most tickets",), "For the requesters with most tickets."),
    ("High-priority tickets per requester", ("Requesters with most tickets",), "High and emergency together."),
    ("Rows left out", ("Excluded rows by reason", "Anomalies by kind"), "By rules, counted by reason."),
)  # fmt: skip


def documentation(boards: list[Json]) -> str:
    """Return the page.

    Args:
        boards: dashboards with panels to list; those whose panels are all text are left out.
    """
    return "\n".join([_HEAD, *(part for board in boards for part in _board(board)), *_figures()])


def _board(board: Json) -> list[str]:
    lines = [f"## {board['title']} ({board['uid']})", "", board["description"], ""]
    lines += ["| Panel | Shows | Row |", "| --- | --- | --- |"]
    row = "first look"
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"] + (" (closed)" if panel["collapsed"] else "")
            lines += [_line(inner, row) for inner in panel["panels"]]
        elif panel["title"]:
            lines.append(_line(panel, row))
    return [*lines, ""]


def _line(panel: Json, row: str) -> str:
    return f"| {panel['title']} | {panel['description']} | {row} |"


def _figures() -> list[str]:
    lines = [
        "## Figures of the earlier analysis",
        "",
        "The dashboards replace a one-off analysis of a database dump. The last column says how a",
        "figure is defined now, and thereby why it may differ from a picture of that time.",
        "",
        "| Figure | Panels | Now |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {figure} | {', '.join(panels)} | {why} |" for figure, panels, why in FIGURES]
    return [*lines, ""]
