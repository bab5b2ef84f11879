"""Every ticket metric, computed apart from the exporter: plain rows, plain loops, the definitions of the design.

Nothing here is fast or clever, and nothing is taken from ``exporter.osticket``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.oracle import desk, names, rows
from tests.oracle.clock import Clock
from tests.oracle.desk import STATES, Desk
from tests.oracle.settings import Settings
from tests.oracle.tickets import Reader, Ticket

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_WINDOWS: Final = {"1h": _HOUR, "24h": _DAY, "7d": 7 * _DAY}
_RECENT: Final = 30 * _DAY
_BOUNDS: Final = (
    *(_HOUR, 4 * _HOUR, 8 * _HOUR),
    *(days * _DAY for days in (1, 2, 5, 10, 15, 20, 30, 60, 90, 180, 500)),
)
_USER_BOUNDS: Final = tuple(days * _DAY for days in (1, 5, 10, 15, 20, 30, 60, 500))
_EVENTS: Final = ("created", "closed", "reopened", "overdue", "transferred", "assigned", "deleted", "merged")
_REASONS: Final = ("merged", "auto_reply", "sender", "subject", "topic")
_ANOMALIES: Final = (
    "closed_before_created", "zero_date", "created_in_future", "unknown_status", "unknown_queue", "unknown_topic",
    "unknown_user",
)  # fmt: skip


@dataclass
class _Work:
    """What all metrics are computed from, and the samples so far."""

    tickets: list[Ticket]
    every: list[Ticket]
    desk: Desk
    now: float
    departments: Mapping[str, str]
    schools: Mapping[str, str]
    settings: Settings
    zone: Clock
    samples: Samples = field(default_factory=dict)

    def put(self, name: str, value: float, **labels: str) -> None:
        key = (name, frozenset(labels.items()))
        assert key not in self.samples, f"{key} twice"
        self.samples[key] = value

    def counts(self, name: str, counted: Mapping[Any, int], *labels: str) -> None:
        for values, count in counted.items():
            self.put(name, count, **dict(zip(labels, values, strict=True)))

    def department(self, ticket: Ticket) -> str:
        return self.departments.get(ticket.requester, "unknown")


def compute(
    url: str, *, now: float, departments: Mapping[str, str], schools: Mapping[str, str], settings: Settings
) -> Samples:
    """Return every sample of the ticket metrics, without expectations of arrivals and without the info metric.

    Args:
        url: SQLAlchemy URL of the database, MySQL, MariaDB or SQLite.
        now: the present, Unix time.
        departments: department by user name in lower case.
        schools: school by department in lower case.
        settings: the help desk's configuration.
    """
    tables = rows.read(url, settings.prefix)
    zones = [row["value"] for row in tables["config"] if (row["namespace"], row["key"]) == ("core", "default_timezone")]
    described = desk.build(tables, settings)
    reader = Reader(tables, described, settings, now)
    zone = Clock(zones[0] if zones else "UTC")
    every = [ticket for ticket in reader.tickets() if _is_read(ticket, zone, settings)]
    counted = [ticket for ticket in every if ticket.excluded is None]
    work = _Work(counted, every, described, now, departments, schools, settings, zone)
    for measure in (_tickets, _dimensions, _open, _months, _users, _distributions, _windows, _anomalies):
        measure(work)
    _event_log(work, reader, tables["thread_event"])
    return work.samples


def _is_read(ticket: Ticket, zone: Clock, settings: Settings) -> bool:
    """Say whether a ticket is not older than ``osticket.since``, a day in the help desk's zone."""
    first = zone.moment(f"{settings.since} 00:00:00") if settings.since else None
    return first is None or (ticket.created is not None and ticket.created >= first)


def _tickets(work: _Work) -> None:
    states = Counter((ticket.state, ticket.priority) for ticket in work.tickets)
    states.update({(state, priority): 0 for state in STATES for priority in work.desk.priorities.values()})
    work.counts("osticket_tickets", states, "state", "priority")
    reasons = Counter((ticket.excluded,) for ticket in work.every if ticket.excluded)
    reasons.update({(reason,): 0 for reason in _REASONS})
    work.counts("osticket_excluded_tickets", reasons, "reason")


def _dimensions(work: _Work) -> None:
    departments = Counter(
        (work.department(ticket), _school(work, work.department(ticket)), ticket.state) for ticket in work.tickets
    )
    work.counts("osticket_department_tickets", departments, "department", "school", "state")
    active = {"queue": work.desk.active_queues, "topic": work.desk.active_topics}
    for label in ("queue", "topic", "source", "team", "sla", "agent"):
        if label == "agent" and not work.settings.agents:
            continue
        counted = Counter((getattr(ticket, label), ticket.state) for ticket in work.tickets)
        counted.update({(value, state): 0 for value in active.get(label, ()) for state in ("open", "closed")})
        work.counts(f"osticket_{label}_tickets", counted, label, "state")


def _school(work: _Work, department: str) -> str:
    return "unknown" if department == "unknown" else work.schools.get(department.lower(), "other")


def _open(work: _Work) -> None:
    known = {(priority,): 0 for priority in work.desk.priorities.values()}
    still_open = [ticket for ticket in work.tickets if ticket.state == "open"]
    overdue = Counter((ticket.priority,) for ticket in still_open if ticket.due is not None and ticket.due < work.now)
    overdue.update(known)
    work.counts("osticket_overdue_tickets", overdue, "priority")
    unanswered = Counter((ticket.priority,) for ticket in still_open if not ticket.is_answered)
    unanswered.update(known)
    work.counts("osticket_unanswered_tickets", unanswered, "priority")
    created = [ticket.created for ticket in still_open if ticket.created is not None]
    if created:
        work.put("osticket_oldest_open_ticket_timestamp_seconds", min(created))


def _months(work: _Work) -> None:
    created = Counter((work.zone.month(ticket.created),) for ticket in work.tickets if ticket.created is not None)
    work.counts("osticket_monthly_created_tickets", created, "month")
    closed = Counter((work.zone.month(ticket.resolved),) for ticket in work.tickets if ticket.resolved is not None)
    work.counts("osticket_monthly_closed_tickets", closed, "month")


def _users(work: _Work) -> None:
    counted = Counter(ticket.requester for ticket in work.tickets)
    known = sorted((name for name in counted if name != "unknown"), key=lambda name: (-counted[name], name))
    work.put("osticket_users", len(known))
    activities = defaultdict(list)
    for ticket in work.tickets:
        if ticket.activity is not None and ticket.requester != "unknown":
            activities[ticket.requester].append(ticket.activity)
    _histogram(work, "osticket_users_mean_activity_seconds", [_mean(each) for each in activities.values()], {})
    if work.settings.user_label == "off":
        return
    labels = _labels(work, known[: work.settings.top])
    tickets, priorities, resolutions = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), defaultdict(list)
    for ticket in work.tickets:
        user, department = _user(work, ticket, labels)
        tickets[user, department] += 1
        priorities[user, ticket.priority] += 1
        if ticket.resolution is not None:
            resolutions[user].append(ticket.resolution)
    work.counts("osticket_user_tickets", tickets, "user", "department")
    work.counts("osticket_user_priority_tickets", priorities, "user", "priority")
    for user, each in resolutions.items():
        work.put("osticket_user_mean_resolution_seconds", _mean(each), user=user)


def _labels(work: _Work, top: list[str]) -> dict[str, str]:
    """Return the label of each requester that is told apart."""
    mode = work.settings.user_label
    if mode == "hash":
        return {name: work.settings.person(name) for name in top}
    if mode == "id":
        return {name: name for name in top}
    return names.distinct({name: names.clean(work.desk.persons[name]) or name for name in top})


def _user(work: _Work, ticket: Ticket, labels: Mapping[str, str]) -> tuple[str, str]:
    if ticket.requester == "unknown":
        return "unknown", "unknown"
    if ticket.requester not in labels:
        return "other", "other"
    return labels[ticket.requester], work.department(ticket)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _distributions(work: _Work) -> None:
    resolved = [(ticket, ticket.resolution) for ticket in work.tickets]
    answered = [(ticket, ticket.response) for ticket in work.tickets]
    since = work.now - _RECENT
    ages = [
        (ticket, max(0.0, work.now - ticket.created))
        for ticket in work.tickets
        if ticket.state == "open" and ticket.created is not None
    ]
    recently_resolved = [(ticket, value) for ticket, value in resolved if _within(ticket.resolved, since, work.now)]
    recently_answered = [(ticket, value) for ticket, value in answered if _within(ticket.answered, since, work.now)]
    _by_priority(work, "osticket_ticket_resolution_seconds", resolved)
    _by_priority(work, "osticket_ticket_activity_seconds", [(ticket, ticket.activity) for ticket in work.tickets])
    _by_priority(work, "osticket_ticket_first_response_seconds", answered)
    _by_priority(work, "osticket_recent_resolution_seconds", recently_resolved)
    _by_priority(work, "osticket_recent_first_response_seconds", recently_answered)
    _by_priority(work, "osticket_open_ticket_age_seconds", ages)
    departments = defaultdict(list)
    for ticket, value in resolved:
        if value is not None:
            departments[work.department(ticket)].append(value)
    for department, values in departments.items():
        _histogram(work, "osticket_department_resolution_seconds", values, {"department": department})


def _within(moment: float | None, since: float, until: float) -> bool:
    return moment is not None and since < moment <= until


def _by_priority(work: _Work, name: str, observed: Iterable[tuple[Ticket, float | None]]) -> None:
    values: dict[str, list[float]] = {priority: [] for priority in work.desk.priorities.values()}
    for ticket, value in observed:
        if value is not None:
            values.setdefault(ticket.priority, []).append(value)
    for priority, each in values.items():
        _histogram(work, name, each, {"priority": priority})


def _histogram(work: _Work, name: str, values: list[float], labels: dict[str, str]) -> None:
    bounds = _BOUNDS if name != "osticket_users_mean_activity_seconds" else _USER_BOUNDS
    for bound in bounds:
        work.put(f"{name}_bucket", sum(value <= bound for value in values), le=str(float(bound)), **labels)
    work.put(f"{name}_bucket", len(values), le="+Inf", **labels)
    work.put(f"{name}_gcount", len(values), **labels)
    work.put(f"{name}_gsum", sum(values), **labels)


def _windows(work: _Work) -> None:
    # The departments of all who may write are known in advance, with tickets or without, and so is that of nobody.
    requesters = work.desk.requesters.values()
    seen = {"unknown", *(work.departments.get(requester, "unknown") for requester in requesters)}
    for window, seconds in _WINDOWS.items():
        inside = [ticket for ticket in work.tickets if _within(ticket.created, work.now - seconds, work.now)]
        work.put("osticket_created_tickets", len(inside), window=window)
        counted = Counter(work.department(ticket) for ticket in inside)
        for department in seen:
            work.put("osticket_department_created_tickets", counted[department], department=department, window=window)


def _anomalies(work: _Work) -> None:
    kinds = Counter((kind,) for ticket in work.tickets for kind in ticket.anomalies)
    kinds.update({(kind,): 0 for kind in _ANOMALIES})
    work.counts("umbrella_osticket_anomalies", kinds, "kind")


def _event_log(work: _Work, reader: Reader, events: list[rows.Row]) -> None:
    kinds = Counter({(kind,): 0 for kind in _EVENTS})
    for event in events:
        name = reader.event_name(event)
        if name in _EVENTS and reader.of_a_ticket(event):
            kinds[name,] += 1
    work.counts("osticket_ticket_events_total", kinds, "event")
