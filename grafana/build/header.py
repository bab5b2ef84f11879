"""The first line of every dashboard: what the page answers, and the banner of invented data."""

from html import escape

from grafana.build.dashboard import Line
from grafana.build.panels import text


def header(question: str) -> Line:
    """Return the line at the top of a page.

    Args:
        question: the one question that the page answers. Beside it the variable ``demo`` shows its sentence where a
            collector's data are invented, and nothing where all are real.
    """
    content = (
        f'<span style="font-size: 15px">{escape(question)}</span>'
        '&nbsp; <b style="font-size: 15px; color: #E69F00">${demo}</b>'
        '<div style="font-size: 12px; color: #999999">The sign beside a title holds the definition of its numbers. '
        "Numbers are at most one refresh (a minute) old, if the collectors work.</div>"
    )
    return Line(2, [(24, text(content, transparent=True))])
