"""osTicket's metrics. Definitions: docs/metrics.md, generated from here."""

from typing import Final

from exporter.catalogue.base import REQUESTER_BOUNDS, TICKET_BOUNDS, MetricSpec

INFO: Final = MetricSpec(
    "umbrella_osticket_info",
    "gauge",
    ("schema", "engine", "server", "timezone"),
    "osTicket's schema signature, the tables' storage engine, the server's version and its zone; always 1.",
)
ANOMALIES: Final = MetricSpec(
    "umbrella_osticket_anomalies",
    "gauge",
    ("kind",),
    "Counted tickets that contradict themselves or point nowhere, by kind.",
    "tickets",
)


def _count(name: str, labels: tuple[str, ...], text: str) -> MetricSpec:
    return MetricSpec(name, "gauge", labels, text, "tickets")


TICKETS: Final = _count("osticket_tickets", ("state", "priority"), "Tickets by state and priority.")
DEPARTMENT_TICKETS: Final = _count(
    "osticket_department_tickets",
    ("department", "school", "state"),
    "Tickets by the requester's academic department (from Slurm), school and state.",
)
QUEUE_TICKETS: Final = _count("osticket_queue_tickets", ("queue", "state"), "Tickets by osTicket department and state.")
TOPIC_TICKETS: Final = _count("osticket_topic_tickets", ("topic", "state"), "Tickets by help topic and state.")
SOURCE_TICKETS: Final = _count("osticket_source_tickets", ("source", "state"), "Tickets by how they came in and state.")
TEAM_TICKETS: Final = _count("osticket_team_tickets", ("team", "state"), "Tickets by assigned team and state.")
AGENT_TICKETS: Final = _count(
    "osticket_agent_tickets", ("agent", "state"), "Tickets by agent (last owner or closer) and state; off by default."
)
SLA_TICKETS: Final = _count("osticket_sla_tickets", ("sla", "state"), "Tickets by SLA plan and state.")
USER_TICKETS: Final = _count(
    "osticket_user_tickets", ("user", "department"), "Tickets of the requesters with most tickets; all others as other."
)
USER_PRIORITY_TICKETS: Final = _count(
    "osticket_user_priority_tickets", ("user", "priority"), "Tickets of the same requesters by priority."
)
USERS: Final = MetricSpec("osticket_users", "gauge", (), "Distinct requesters with at least one ticket.", "users")
MONTHLY_CREATED: Final = _count(
    "osticket_monthly_created_tickets", ("month",), "Tickets created per month (YYYY-MM, the help desk's zone)."
)
MONTHLY_CLOSED: Final = _count(
    "osticket_monthly_closed_tickets", ("month",), "Tickets resolved per month (YYYY-MM, the help desk's zone)."
)
EXCLUDED: Final = _count(
    "osticket_excluded_tickets",
    ("reason",),
    "Rows of the ticket table that are in no other ticket metric: merged children, automatic replies, configured ones.",
)
OVERDUE: Final = _count("osticket_overdue_tickets", ("priority",), "Open tickets past their due date.")
UNANSWERED: Final = _count("osticket_unanswered_tickets", ("priority",), "Open tickets without an answer.")
OLDEST_OPEN: Final = MetricSpec(
    "osticket_oldest_open_ticket_timestamp_seconds",
    "gauge",
    (),
    "When the oldest open ticket was created, Unix time; absent without open tickets.",
    "seconds",
)
EVENTS: Final = MetricSpec(
    "osticket_ticket_events_total",
    "counter",
    ("event",),
    "Events of tickets in osTicket's log, deleted and excluded tickets' too.",
    "events",
)


def _seconds(name: str, labels: tuple[str, ...], text: str, bounds: tuple[float, ...] = TICKET_BOUNDS) -> MetricSpec:
    return MetricSpec(name, "gaugehistogram", labels, text, "seconds", bounds)


RESOLUTION: Final = _seconds(
    "osticket_ticket_resolution_seconds",
    ("priority",),
    "From creation to the closing that no reopening followed, over all closed tickets.",
)
DEPARTMENT_RESOLUTION: Final = _seconds(
    "osticket_department_resolution_seconds",
    ("department",),
    "Resolution of all closed tickets by the requester's academic department.",
)
ACTIVITY: Final = _seconds(
    "osticket_ticket_activity_seconds", ("priority",), "From creation to the last activity, over all tickets."
)
FIRST_RESPONSE: Final = _seconds(
    "osticket_ticket_first_response_seconds",
    ("priority",),
    "From creation to the first answer of an agent, over all answered tickets.",
)
RECENT_RESOLUTION: Final = _seconds(
    "osticket_recent_resolution_seconds", ("priority",), "Resolution of the tickets resolved in the last 30 days."
)
RECENT_FIRST_RESPONSE: Final = _seconds(
    "osticket_recent_first_response_seconds",
    ("priority",),
    "First response of the tickets first answered in the last 30 days.",
)
OPEN_AGE: Final = _seconds("osticket_open_ticket_age_seconds", ("priority",), "Age of the tickets that are open now.")
USER_MEAN_RESOLUTION: Final = MetricSpec(
    "osticket_user_mean_resolution_seconds",
    "gauge",
    ("user",),
    "Mean resolution of each of the requesters with most tickets, and of all others.",
    "seconds",
)
USERS_MEAN_ACTIVITY: Final = _seconds(
    "osticket_users_mean_activity_seconds",
    (),
    "Requesters by the mean activity span of their tickets.",
    REQUESTER_BOUNDS,
)
CREATED: Final = _count(
    "osticket_created_tickets", ("window",), "Tickets created in the window that ends now (1h, 24h, 7d)."
)
EXPECTED: Final = _count(
    "osticket_expected_created_tickets", ("window",), "Tickets expected in that window from the whole history."
)
UPPER: Final = _count(
    "osticket_created_tickets_upper", ("window",), "The 99.9 % bound of that expectation: more is a spike."
)
DEPARTMENT_CREATED: Final = _count(
    "osticket_department_created_tickets", ("department", "window"), "Tickets created in the window by department."
)
DEPARTMENT_EXPECTED: Final = _count(
    "osticket_department_expected_created_tickets",
    ("department", "window"),
    "Tickets expected in that window by department.",
)
DEPARTMENT_UPPER: Final = _count(
    "osticket_department_created_tickets_upper",
    ("department", "window"),
    "The 99.9 % bound of that expectation by department; it holds for all departments together.",
)

SPECS: Final = (
    INFO, ANOMALIES, TICKETS, DEPARTMENT_TICKETS, QUEUE_TICKETS, TOPIC_TICKETS, SOURCE_TICKETS, TEAM_TICKETS,
    AGENT_TICKETS, SLA_TICKETS, USER_TICKETS, USER_PRIORITY_TICKETS, USERS, MONTHLY_CREATED, MONTHLY_CLOSED, EXCLUDED,
    OVERDUE, UNANSWERED, OLDEST_OPEN, EVENTS, RESOLUTION, DEPARTMENT_RESOLUTION, ACTIVITY, FIRST_RESPONSE,
    RECENT_RESOLUTION, RECENT_FIRST_RESPONSE, OPEN_AGE, USER_MEAN_RESOLUTION, USERS_MEAN_ACTIVITY, CREATED, EXPECTED,
    UPPER, DEPARTMENT_CREATED, DEPARTMENT_EXPECTED, DEPARTMENT_UPPER,
)  # fmt: skip
