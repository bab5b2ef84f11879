"""osTicket's small tables: statuses, priorities, departments, topics, plans, teams, agents; read at every refresh."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.labels import NONE, UNKNOWN, distinct
from exporter.osticket.database import Session
from exporter.osticket.schema import Schema

STATES: Final = ("open", "closed", "archived", UNKNOWN)
EVENTS: Final = ("created", "closed", "reopened", "overdue", "transferred", "assigned", "deleted", "merged")
SOURCES: Final = ("Web", "Email", "Phone", "API", "Other")

_DEPARTMENT_ACTIVE: Final = 0x4
_TOPIC_ACTIVE: Final = 0x2
_SEPARATOR: Final = " / "


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of one dimension.

    Attributes:
        labels: label by id, cleaned and distinct.
        active: ids that are offered now; they are exported even without a ticket.
        raw: the spellings under which a configuration may name an entry: name and full path, by id.
    """

    labels: Mapping[int, str]
    active: frozenset[int] = frozenset()
    raw: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """All small tables of one moment.

    Attributes:
        states: state (one of ``STATES``) by status id.
        priority_fields: ids of the form fields that hold a ticket's priority.
        subject_fields: ids of the form fields that hold a ticket's subject.
        ticket_forms: ids of the forms of type T.
        events: index in ``EVENTS`` by event id.
        logs_by_id: whether the log has event ids; osTicket 1.10 spells events out.
    """

    states: Mapping[int, str]
    priorities: Names
    queues: Names
    topics: Names
    slas: Names
    teams: Names
    agents: Names
    ticket_forms: tuple[int, ...]
    priority_fields: tuple[int, ...]
    subject_fields: tuple[int, ...]
    events: Mapping[int, int]
    logs_by_id: bool

    def kinds(self) -> npt.NDArray[np.int8]:
        """Return the index in ``EVENTS`` by the event word of the log (see ``words.events``), -1 for all others."""
        table = np.full(4096, -1, dtype=np.int8)
        words = self.events if self.logs_by_id else {index + 1: index for index in range(len(EVENTS))}
        for word, index in words.items():
            if word < len(table):
                table[word] = index
        return table


def read(session: Session, schema: Schema) -> Dimensions:
    """Read the small tables."""
    forms = _ids(session, f"SELECT id FROM {schema.table('form')} WHERE type='T' ORDER BY id")
    fields = session.rows(
        f"SELECT d.id, d.name FROM {schema.table('form_field')} d JOIN {schema.table('form')} f ON f.id=d.form_id"
        " WHERE f.type='T' AND d.name IN ('priority','subject') ORDER BY d.id"
    )
    return Dimensions(
        states={
            int(key): state if state in STATES else UNKNOWN
            for key, state in session.rows(f"SELECT id, state FROM {schema.table('ticket_status')}")
        },
        priorities=_priorities(session, schema),
        queues=_queues(session, schema),
        topics=_topics(session, schema),
        slas=_names(session, f"SELECT id, name FROM {schema.table('sla')}", (NONE, UNKNOWN)),
        teams=_names(session, f"SELECT team_id, name FROM {schema.table('team')}", (NONE, UNKNOWN)),
        agents=_agents(session, schema),
        ticket_forms=forms,
        priority_fields=tuple(int(key) for key, name in fields if name == "priority"),
        subject_fields=tuple(int(key) for key, name in fields if name == "subject"),
        events=_events(session, schema),
        logs_by_id=schema.has("thread_event", "event_id") and schema.has("event", "name"),
    )


def settings(session: Session, schema: Schema) -> dict[str, str]:
    """Read the few settings of osTicket that matter here; empty when the configuration table is not granted.

    Never more than these keys: the table holds secrets too.
    """
    if not all(schema.has("config", column) for column in ("namespace", "key", "value")):
        return {}
    rows = session.rows(
        f"SELECT `key`, value FROM {schema.table('config')} WHERE namespace='core'"
        " AND `key` IN ('schema_signature','default_timezone','db_timezone','helpdesk_url')"
    )
    return {str(key): str(value or "") for key, value in rows}


def _ids(session: Session, sql: str) -> tuple[int, ...]:
    return tuple(int(row[0]) for row in session.rows(sql))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _names(session: Session, sql: str, reserved: tuple[str, ...]) -> Names:
    return Names(distinct({int(key): _text(name) for key, name in session.rows(sql)}, reserved))


def _priorities(session: Session, schema: Schema) -> Names:
    rows = session.rows(f"SELECT priority_id, priority_desc, priority FROM {schema.table('ticket_priority')}")
    names = {int(key): _text(described) or _text(name) for key, described, name in rows}
    return Names(distinct(names, (UNKNOWN,)), frozenset(names))


def _queues(session: Session, schema: Schema) -> Names:
    parent = "pid" if schema.has("department", "pid") else "0"
    # 1.10 has the column, but not yet this flag in it: there a department is there or not.
    flagged = schema.has("department", "flags") and schema.has("thread_event", "event_id")
    flags = "flags" if flagged else str(_DEPARTMENT_ACTIVE)
    rows = session.rows(f"SELECT id, {parent}, name, {flags} FROM {schema.table('department')}")
    active = frozenset(int(row[0]) for row in rows if int(row[3] or 0) & _DEPARTMENT_ACTIVE)
    return _tree(rows, active, (UNKNOWN,))


def _topics(session: Session, schema: Schema) -> Names:
    flags = f"flags & {_TOPIC_ACTIVE}" if schema.has("help_topic", "flags") else "1"
    if schema.has("help_topic", "isactive"):
        flags = "isactive"  # 1.10, whose flags do not say this
    rows = session.rows(f"SELECT topic_id, topic_pid, topic, {flags} FROM {schema.table('help_topic')}")
    return _tree(rows, frozenset(int(row[0]) for row in rows if row[3]), (NONE, UNKNOWN))


def _tree(rows: list[tuple[Any, ...]], active: frozenset[int], reserved: tuple[str, ...]) -> Names:
    """Name each entry by its full path; a loop or a dangling parent ends the path."""
    names = {int(row[0]): _text(row[2]) for row in rows}
    parents = {int(row[0]): int(row[1] or 0) for row in rows}
    paths = {}
    for key in names:
        chain = [key]
        while (above := parents[chain[-1]]) in names and above not in chain:
            chain.append(above)
        paths[key] = _SEPARATOR.join(names[part] for part in reversed(chain))
    return Names(distinct(paths, reserved), active, {key: (names[key], paths[key]) for key in names})


def _agents(session: Session, schema: Schema) -> Names:
    rows = session.rows(f"SELECT staff_id, firstname, lastname, username FROM {schema.table('staff')}")
    names = {int(row[0]): f"{_text(row[1])} {_text(row[2])}".strip() or _text(row[3]) for row in rows}
    return Names(distinct(names, (NONE, UNKNOWN)))


def _events(session: Session, schema: Schema) -> dict[int, int]:
    if not schema.has("event", "name"):
        return {}
    rows = session.rows(f"SELECT id, name FROM {schema.table('event')} ORDER BY id")
    return {int(key): EVENTS.index(name) for key, name in rows if name in EVENTS}
