"""The tickets: how many come and go, from whom, and how long they take."""

from exporter.catalogue import tickets
from grafana.build.bands import band
from grafana.build.dashboard import Line, Section, dashboard
from grafana.build.durations import durations, resolution_summary
from grafana.build.header import header
from grafana.build.months import by_month, years_overlaid, years_table
from grafana.build.panels import bars, pie, stat, timeseries
from grafana.build.people import (
    department_table,
    departments,
    requester_numbers,
    requesters,
    requesters_by_mean,
    schools,
)
from grafana.build.query import Json, now, sel, series
from grafana.build.style import GREEN, ORANGE, PURPLE, RED, SKY, by_name, fixed, priority_colors

UID = "umbrella-tickets"


def ticket_board() -> Json:
    """Return the dashboard ``umbrella-tickets``."""
    return dashboard(
        UID,
        "Umbrella tickets",
        "How many tickets come and go, against what is usual; from whom; and how long they take.",
        [
            Section("", [header("How many tickets come and go, from whom, and how long do they take?")]),
            Section("Arrivals against what is usual", [Line(9, _bands())]),
            Section("The years", [Line(10, [(12, by_month()), (12, years_overlaid())])]),
            Section("Coming, going, waiting", [Line(9, [(8, _flow()), (8, _backlog()), (8, _priorities())])]),
            Section(
                "Schools and departments", [Line(14, [(5, schools()), (7, departments()), (12, department_table())])]
            ),
            Section("Requesters", [Line(4, requester_numbers()), Line(13, _requesters())], closed=True),
            Section("How long it takes", [Line(8, resolution_summary()), *durations()], closed=True),
            Section("Where tickets lie in osTicket", _places(), closed=True),
            Section("Months as a table", [Line(14, [(24, years_table())])], closed=True),
            Section("What is not counted", [Line(8, _left_out())], closed=True),
        ],
        since="now-7d",
    )


def _bands() -> list[tuple[int, Json]]:
    return [(8, band("1h", "In an hour")), (8, band("24h", "In 24 hours")), (8, band("7d", "In 7 days"))]


def _flow() -> Json:
    events = sel(tickets.EVENTS, event="~created|closed|reopened")
    return timeseries(
        "Created, closed, reopened in 24 hours",
        "Events of osTicket's log in the 24 hours before each moment, tickets deleted since and excluded ones too. "
        "Counted from Prometheus' own observations: right from a day after the installation on.",
        [series(f"sum by (job, instance, event) (increase({events}[24h]))", "{{event}}")],
        decimals=0,
        overrides=[by_name("created", color=fixed(SKY)), by_name("closed", color=fixed(GREEN)),
                   by_name("reopened", color=fixed(PURPLE))],
    )  # fmt: skip


def _backlog() -> Json:
    chosen = {"priority": "$priority"}
    return timeseries(
        "Backlog",
        "Tickets that are open, open and unanswered, open and overdue; of the chosen priorities.",
        [
            series(f"sum by (job, instance) ({sel(tickets.TICKETS, state='open', **chosen)})", "open"),
            series(f"sum by (job, instance) ({sel(tickets.UNANSWERED, **chosen)})", "unanswered"),
            series(f"sum by (job, instance) ({sel(tickets.OVERDUE, **chosen)})", "overdue"),
        ],
        overrides=[by_name("open", color=fixed(SKY)), by_name("unanswered", color=fixed(ORANGE)),
                   by_name("overdue", color=fixed(RED))],
    )  # fmt: skip


def _priorities() -> Json:
    chosen = sel(tickets.TICKETS, priority="$priority")
    return pie(
        "All tickets by priority",
        "All tickets of any state by their priority in osTicket's form; unknown where a ticket has no valid one.",
        now(f"sort_desc(sum by (job, instance, priority) ({chosen}) > 0)", "{{priority}}"),
        overrides=priority_colors(),
    )


def _places() -> list[Line]:
    ranked = [
        (12, "Queue", "osTicket's own department, with its parents.", tickets.QUEUE_TICKETS, "queue"),
        (12, "Help topic", "Help topic, with its parents; none where none was chosen.", tickets.TOPIC_TICKETS, "topic"),
        (6, "Source", "How the ticket came in: web form, mail, telephone, API.", tickets.SOURCE_TICKETS, "source"),
        (6, "Team", "Assigned team; none where no team is.", tickets.TEAM_TICKETS, "team"),
        (6, "SLA plan", "SLA plan; none where no plan applies.", tickets.SLA_TICKETS, "sla"),
        (6, "State", "osTicket's state; a status id that no longer exists is unknown.", tickets.TICKETS, "state"),
    ]
    panels = [
        (width, bars(title, f"All tickets. {text}",
                 now(f"sort_desc(topk by (job, instance) (15, sum by (job, instance, {label}) ({sel(metric)})))",
                     f"{{{{{label}}}}}")))
        for width, title, text, metric, label in ranked
    ]  # fmt: skip
    return [Line(9, panels[:2]), Line(6, panels[2:])]


def _requesters() -> list[tuple[int, Json]]:
    return [(16, requesters()), (8, requesters_by_mean())]


def _left_out() -> list[tuple[int, Json]]:
    return [
        (8, bars("Excluded rows by reason",
                 "Rows of the ticket table that no other panel counts: children merged into another ticket, automatic "
                 "replies, and what the configuration excludes. With all counted tickets they add up to the table.",
                 now(f"sort_desc(sum by (job, instance, reason) ({sel(tickets.EXCLUDED)}))", "{{reason}}"))),
        (8, bars("Anomalies by kind",
                 "Rows that contradict themselves or point nowhere; they are counted as far as they can be.",
                 now(f"sort_desc(sum by (job, instance, kind) ({sel(tickets.ANOMALIES)}))", "{{kind}}"))),
        (8, stat("Counted tickets", "All tickets that the panels count, of any state.",
                 now(f"sum by (job, instance) ({sel(tickets.TICKETS)})", "{{instance}}"), unit="locale")),
    ]  # fmt: skip
