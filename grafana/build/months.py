"""The whole history by month, from the help desk's own table: there from the first minute, not from installation on.

Prometheus cannot put the months of years gone by on its time axis, so these panels ask for the present values of one
series per month and draw them over a number that the month's label is turned into.
"""

from typing import Final

from exporter.catalogue import tickets
from exporter.catalogue.base import MetricSpec
from grafana.build.charts import trend
from grafana.build.panels import table
from grafana.build.query import Json, rows, sel
from grafana.build.style import GREEN, GREY, ORANGE, SKY, absent, by_name, fixed, words, year_colors
from grafana.build.transform import columns, instants, matrix, merged, moving_mean, numbers, sorted_by

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOTE: Final = (
    "Months are cut in the help desk's time zone; the chosen instances are added; the running month is not over."
)
CORNER: Final = "number\\year"  # how Grafana calls the first column of the matrix


def by_month() -> Json:
    """Return created and closed tickets of every month of the history, with the mean over a year."""
    return trend(
        "Every month of the history",
        f"Tickets created and tickets resolved per month, and the mean over twelve months. {NOTE}",
        [
            rows(f"sum by (month) ({sel(tickets.MONTHLY_CREATED)})"),
            rows(f"sum by (month) ({sel(tickets.MONTHLY_CLOSED)})"),
        ],
        x="Month",
        transformations=[
            merged(),
            columns({"month": "Month", "Value #A": "Created", "Value #B": "Closed"}),
            sorted_by("Month"),
            instants("Month", "YYYY-MM"),
            moving_mean("Created", "Created, mean of 12 months", 12),
        ],
        overrides=[
            by_name("Month", unit="time:YYYY-MM"),
            by_name("Created", color=fixed(SKY), min=0),
            by_name("Closed", color=fixed(GREEN), min=0, custom__lineWidth=1),
            by_name("Created, mean of 12 months", color=fixed(ORANGE), min=0, custom__lineWidth=3, decimals=0),
        ],
    )


def years_overlaid() -> Json:
    """Return the months of each year as one line, one above the other."""
    return trend(
        "The months of every year",
        f"Tickets created per month, one line per year: the starts of the semesters stand out. {NOTE}",
        [rows(_by_year_and_month())],
        x=CORNER,
        transformations=[sorted_by("month"), matrix("number", "year"), numbers(CORNER), sorted_by(CORNER)],
        overrides=[*year_colors(), by_name(CORNER, mappings=_month_names(), unit="none", decimals=0, min=1, max=12.25)],
    )


def years_table() -> Json:
    """Return the months of each year as a coloured table."""
    return table(
        "Tickets created by month and year",
        f"Tickets created per month. {NOTE}",
        [rows(_by_year_and_month())],
        sort="Month",
        descending=False,
        transformations=[sorted_by("month"), matrix("number", "year"), numbers(CORNER), sorted_by(CORNER)],
        color={"mode": "continuous-BlPu"},
        mappings=[absent(" ")],  # months to come
        custom={"cellOptions": {"type": "color-background", "mode": "basic"}, "align": "center", "inspect": False},
        overrides=[
            by_name(CORNER, displayName="Month", mappings=_month_names(), unit="none",
                    custom__cellOptions={"type": "auto"}, custom__width=90),
        ],
    )  # fmt: skip


def _by_year_and_month(metric: MetricSpec = tickets.MONTHLY_CREATED) -> str:
    """Return the tickets per month with the labels ``month`` (YYYY-MM), ``year`` and ``number`` (01 to 12)."""
    year = f'label_replace({sel(metric)}, "year", "$1", "month", "(.*)-.*")'
    return f'sum by (month, year, number) (label_replace({year}, "number", "$1", "month", ".*-(.*)"))'


def _month_names() -> list[Json]:
    names = {str(number): (name, GREY) for number, name in enumerate(MONTHS, 1)}
    halves = {f"{number}.5": (" ", GREY) for number in range(1, 13)}  # a wide axis has ticks between the months
    return words({**names, **halves})
