"""Counts of tickets by one dimension each, and what is wrong with them."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from prometheus_client.metrics_core import Metric

from exporter.catalogue import tickets as spec
from exporter.catalogue.base import Labels, MetricSpec
from exporter.departments import Schools
from exporter.osticket.desk import Desk
from exporter.osticket.dialect import BAD
from exporter.osticket.dimensions import EVENTS, STATES
from exporter.osticket.exclusions import REASONS
from exporter.osticket.frame import NO_MONTH
from exporter.osticket.measures.view import CLOSED, NO_STATE, OPEN, Coded, View, named

Counts = npt.NDArray[np.int64]


def by_dimension(view: View, schools: Schools, *, agents: bool) -> Iterator[Metric]:
    """Yield the counts by state and each of priority, department, queue, topic, source, team, agent, SLA."""
    names = view.desk.dimensions
    priorities = cross(view.priority, view.state)
    yield spec.TICKETS.family(
        ((STATES[state], label), float(priorities[code, state]))
        for code, label in enumerate(view.priority.labels)
        for state in range(len(STATES))
        if priorities[code, state] or code in view.priority.active
    )
    departments = cross(view.department, view.state)
    yield spec.DEPARTMENT_TICKETS.family(
        ((label, schools.of(label), STATES[state]), float(departments[code, state]))
        for code, label in enumerate(view.department.labels)
        for state in range(len(STATES))
        if departments[code, state]
    )
    yield _family(spec.QUEUE_TICKETS, view, named(view["queue"], names.queues, zero=None))
    yield _family(spec.TOPIC_TICKETS, view, named(view["topic"], names.topics))
    yield _family(spec.SOURCE_TICKETS, view, view.source())
    yield _family(spec.TEAM_TICKETS, view, named(view["team"], names.teams))
    yield _family(spec.SLA_TICKETS, view, named(view["sla"], names.slas))
    if agents:
        yield _family(spec.AGENT_TICKETS, view, named(view["agent"], names.agents))


def cross(dimension: Coded, state: npt.NDArray[np.int32]) -> Counts:
    """Return the number of tickets by (code, state)."""
    width, height = len(STATES), len(dimension.labels)
    return np.bincount(dimension.codes * np.int32(width) + state, minlength=width * height).reshape(height, width)


def _family(metric: MetricSpec, view: View, dimension: Coded) -> Metric:
    counts = cross(dimension, view.state)
    active = frozenset(dimension.active)
    samples: list[tuple[Labels, float]] = [
        ((label, STATES[state]), float(counts[code, state]))
        for code, label in enumerate(dimension.labels)
        for state in range(len(STATES))
        if counts[code, state] or (code in active and state in (OPEN, CLOSED))
    ]
    return metric.family(samples)


def open_now(view: View) -> Iterator[Metric]:
    """Yield overdue and unanswered tickets by priority, and when the oldest open one was created."""
    is_open = view.state == OPEN
    due = view["due"]
    for metric, chosen in (
        (spec.OVERDUE, is_open & (due > BAD) & (due < view.now)),
        (spec.UNANSWERED, is_open & ~view["answered"]),
    ):
        counts = np.bincount(view.priority.codes[chosen], minlength=len(view.priority.labels))
        yield metric.family(
            ((label,), float(counts[code]))
            for code, label in enumerate(view.priority.labels)
            if counts[code] or code in view.priority.active
        )
    created = view["created"][is_open]
    dated = created[created > BAD]
    yield spec.OLDEST_OPEN.family([((), float(dated.min()))] if len(dated) else [])


def excluded(view: View) -> Metric:
    """Count the rows of the ticket table that count nowhere else, by the first reason that applies."""
    return spec.EXCLUDED.family(((reason,), float(count)) for reason, count in zip(REASONS, view.excluded, strict=True))


def months(view: View) -> Iterator[Metric]:
    """Yield tickets created, and tickets resolved, by month in the help desk's zone."""
    yield spec.MONTHLY_CREATED.family(_by_month(view["created_month"]))
    yield spec.MONTHLY_CLOSED.family(_by_month(view["resolved_month"][view.ended]))


def _by_month(column: npt.NDArray[np.int32]) -> Iterator[tuple[Labels, float]]:
    column = column[column != NO_MONTH]
    if not len(column):
        return
    first = int(column.min())
    counts = np.bincount(column - first)
    for place in np.flatnonzero(counts).tolist():
        yield (str(np.datetime64(first + place, "M")),), float(counts[place])


def events(desk: Desk) -> Metric:
    """Publish the event log's counts."""
    return spec.EVENTS.family(
        ((event,), float(count)) for event, count in zip(EVENTS, desk.event_counts.tolist(), strict=True)
    )


def anomalies(view: View) -> Metric:
    """Count the counted tickets that contradict themselves or point nowhere."""
    names = view.desk.dimensions
    created, resolved = view["created"], view["resolved"]
    dated = (created > BAD) & (resolved > BAD)
    kinds = {
        "closed_before_created": view.ended & dated & (resolved < created),
        "zero_date": view["zero_date"],
        "created_in_future": created > view.now,
        "unknown_status": view.state == NO_STATE,
        "unknown_queue": ~np.isin(view["queue"], list(names.queues.labels)),
        "unknown_topic": ~np.isin(view["topic"], [0, *names.topics.labels]),
        "unknown_user": view.requester == 0,
    }
    return spec.ANOMALIES.family(((kind,), float(np.count_nonzero(found))) for kind, found in kinds.items())


def info(desk: Desk) -> Metric:
    """Say what is read: schema signature, storage engine, server, zone of the dates."""
    labels = (
        desk.settings.get("schema_signature", "") or "unknown",
        ",".join(desk.schema.engines),
        desk.server,
        desk.zones.name,
    )
    return spec.INFO.family([(labels, 1.0)])
