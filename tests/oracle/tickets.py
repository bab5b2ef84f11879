"""One ticket at a time: everything that the metrics ask of it, from the definitions."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.oracle.clock import Clock, is_bad
from tests.oracle.desk import Desk
from tests.oracle.headers import is_automatic
from tests.oracle.rows import Row, Tables, group
from tests.oracle.settings import Settings

SYSTEM_OR_HIDDEN, FROM_CHILD, ORIGINAL = 0x84, 0x400, 0x1
_DATES = ("created", "lastupdate", "closed", "duedate", "est_duedate")


@dataclass(frozen=True)
class Ticket:
    """A ticket as the definitions see it; moments are Unix time, None where there is none.

    Attributes:
        excluded: None, or why the ticket is not counted.
        resolved: when it was resolved, if its state counts as closed.
        answered: when it was first answered.
        due: the due date that holds.
        anomalies: kinds that apply.
    """

    excluded: str | None
    state: str
    priority: str
    queue: str
    topic: str
    source: str
    team: str
    sla: str
    agent: str
    requester: str
    is_answered: bool
    created: float | None
    updated: float | None
    resolved: float | None
    answered: float | None
    due: float | None
    anomalies: tuple[str, ...]

    @property
    def resolution(self) -> float | None:
        """Seconds from creation to resolution."""
        return _span(self.created, self.resolved)

    @property
    def activity(self) -> float | None:
        """Seconds from creation to the last update."""
        return _span(self.created, self.updated)

    @property
    def response(self) -> float | None:
        """Seconds from creation to the first answer."""
        return _span(self.created, self.answered)


def _span(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(0.0, end - start)


class Reader:
    """Reads tickets out of the rows."""

    def __init__(self, tables: Tables, desk: Desk, settings: Settings, now: float) -> None:
        self.tables, self.desk, self.settings, self.now = tables, desk, settings, now
        self.clock = Clock(settings.server_zone)
        self.threads = group(tables["thread"], "object_type", "object_id")
        self.entries = group(tables["thread_entry"], "thread_id")
        self.mails = group(tables["thread_entry_email"], "thread_entry_id")
        self.events = group(tables["thread_event"], "thread_id")
        self.event_names = {row["id"]: row["name"] for row in tables["event"]}
        self.thread_types = {row["id"]: row["object_type"] for row in tables["thread"]}
        self.answers = _Answers(tables)

    def tickets(self) -> Iterator[Ticket]:
        """Yield every row of the ticket table."""
        for row in self.tables["ticket"]:
            yield self._ticket(row)

    def event_name(self, event: Row) -> str | None:
        """Return the name of an event; before 1.11 it stands in the row."""
        return event["state"] if "state" in event else self.event_names.get(event["event_id"])

    def of_a_ticket(self, event: Row) -> bool:
        """Say whether an event is a ticket's, not a task's."""
        kind = event.get("thread_type") or self.thread_types.get(event["thread_id"], "T")
        return kind in ("T", "C")  # C: the thread of a ticket that was merged into another one

    def _ticket(self, row: Row) -> Ticket:
        desk, created = self.desk, self.clock.moment(row["created"])
        state = desk.states.get(row["status_id"], "unknown")
        requester = desk.requesters.get(row["user_id"], "unknown")
        topic = desk.topics.get(row["topic_id"], "unknown") if row["topic_id"] else "none"
        queue = desk.queues.get(row["dept_id"], "unknown")
        resolved = self._resolved(row) if state in ("closed", "archived") else None
        anomalies = {
            "closed_before_created": resolved is not None and created is not None and resolved < created,
            "zero_date": any(is_bad(row[name]) for name in _DATES),
            "created_in_future": created is not None and created > self.now,
            "unknown_status": state == "unknown",
            "unknown_queue": row["dept_id"] not in desk.queues,
            "unknown_topic": bool(row["topic_id"]) and row["topic_id"] not in desk.topics,
            "unknown_user": requester == "unknown",
        }
        due = self.clock.moment(row["duedate"])
        return Ticket(
            excluded=self._excluded(row),
            state=state,
            priority=desk.priorities.get(self.answers.priority(row["ticket_id"]) or 0, "unknown"),
            queue=queue,
            topic=topic,
            source=row["source"] or "unknown",
            team=desk.teams.get(row["team_id"], "unknown") if row["team_id"] else "none",
            sla=desk.slas.get(row["sla_id"], "unknown") if row["sla_id"] else "none",
            agent=desk.agents.get(row["staff_id"], "unknown") if row["staff_id"] else "none",
            requester=requester,
            is_answered=bool(row["isanswered"]),
            created=created,
            updated=self.clock.moment(row["lastupdate"]),
            resolved=resolved,
            answered=self._answered(row, created),
            due=due if due is not None else self.clock.moment(row["est_duedate"]),
            anomalies=tuple(kind for kind, applies in anomalies.items() if applies),
        )

    def _threads(self, row: Row) -> list[Row]:
        return self.threads.get(("T", row["ticket_id"]), [])

    def _entries(self, row: Row) -> list[Row]:
        return [entry for thread in self._threads(row) for entry in self.entries.get(thread["id"], [])]

    def _events(self, row: Row) -> list[tuple[float, int, str | None, Row]]:
        """Return the dated events of a ticket in order of time, then id."""
        found = []
        for thread in self._threads(row):
            for event in self.events.get(thread["id"], []):
                moment = self.clock.moment(event["timestamp"])
                if moment is not None and self.of_a_ticket(event):
                    found.append((moment, event["id"], self.event_name(event), event))
        return sorted(found, key=lambda event: event[:2])

    def _resolved(self, row: Row) -> float | None:
        resolved = None
        for moment, _, name, _ in self._events(row):
            if name == "closed":
                resolved = moment
            elif name == "reopened":
                resolved = None
        return resolved if resolved is not None else self.clock.moment(row["closed"])

    def _answered(self, row: Row, created: float | None) -> float | None:
        by_agent = any(name == "created" and event["uid_type"] == "S" for _, _, name, event in self._events(row))
        moments = []
        for entry in self._entries(row):
            moment = self.clock.moment(entry["created"])
            if entry["type"] != "R" or entry["flags"] & (SYSTEM_OR_HIDDEN | FROM_CHILD) or moment is None:
                continue
            if by_agent and created is not None and moment - created <= 60:
                continue
            moments.append(moment)
        return min(moments, default=None)

    def _excluded(self, row: Row) -> str | None:
        settings, original = self.settings, self._original(row)
        if row.get("ticket_pid") and row["flags"] & 3:
            return "merged"
        mails = self.mails.get(original["id"], []) if original else []
        if settings.auto_replies and any(mail["headers"] and is_automatic(mail["headers"]) for mail in mails):
            return "auto_reply"
        address = self.desk.addresses.get(row["user_id"], "")
        if any(fnmatch.fnmatchcase(address.lower(), glob.lower()) for glob in settings.senders):
            return "sender"
        subject = self.answers.subject(row["ticket_id"]) or (original or {}).get("title") or ""
        if any(re.search(pattern, subject, re.IGNORECASE) for pattern in settings.subjects):
            return "subject"
        topic = self.desk.topic_names.get(row["topic_id"], (str(row["topic_id"]),))
        return "topic" if any(name in settings.topics for name in topic) else None

    def _original(self, row: Row) -> Row | None:
        originals = [
            entry
            for entry in self._entries(row)
            if entry["type"] == "M" and entry["flags"] & ORIGINAL and not entry["flags"] & FROM_CHILD
        ]
        return min(originals, key=lambda entry: int(entry["id"]), default=None)


class _Answers:
    """The answers that tickets give to the forms of type T: subject and priority."""

    def __init__(self, tables: Tables) -> None:
        self.forms = {row["id"] for row in tables["form"] if row["type"] == "T"}
        fields = [row for row in tables["form_field"] if row["form_id"] in self.forms]
        self.subjects = {row["id"] for row in fields if row["name"] == "subject"}
        self.priorities = {row["id"] for row in fields if row["name"] == "priority"}
        self.entries = group(tables["form_entry"], "object_type", "object_id")
        self.values = group(tables["form_entry_values"], "entry_id")

    def priority(self, ticket: int) -> int | None:
        for value in self._of(ticket):
            if value["field_id"] in self.priorities and value["value_id"] is not None:
                return int(value["value_id"])
        return None

    def subject(self, ticket: int) -> str | None:
        for value in self._of(ticket):
            if value["field_id"] in self.subjects and value["value"]:
                return str(value["value"])
        return None

    def _of(self, ticket: int) -> Iterator[Row]:
        """Yield the values of a ticket, those of the lowest entry first."""
        entries = [row for row in self.entries.get(("T", ticket), []) if row["form_id"] in self.forms]
        for entry in sorted(entries, key=lambda row: int(row["id"])):
            yield from sorted(self.values.get(entry["id"], []), key=lambda value: int(value["field_id"]))
