"""The help desk's book while it lives: each thing that happens, as the rows that osTicket would write."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, MetaData, and_, insert, select, update

from exporter.demo import fixed
from exporter.demo.columns import ZERO
from exporter.demo.entries import BALANCED, ORIGINAL
from exporter.demo.lives import GRACE
from exporter.demo.schema import table

INCIDENT: Final = "incident"
"""``source_extra`` of tickets that belong to a planted spike."""


def at(moment: int) -> str:
    """Return a moment (seconds since the epoch) as the database keeps it, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks: name and address identify the row of the user table."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Question:
    """A new ticket: what it says and how it is filed."""

    subject: str
    body: str
    priority: int
    topic: int
    source: str
    incident: bool


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """What the desk knows about an open ticket."""

    ticket: int
    thread: int
    user: int
    queue: int
    topic: int
    team: int
    staff: int
    answered: bool
    overdue: bool
    due: str | None
    created: str
    incident: bool


class Book:
    """Writes happenings through one connection; the caller owns the transaction.

    Attributes:
        open: the open tickets by id, kept up to date.
        rows: rows inserted so far.
    """

    def __init__(self, connection: Connection, schema: MetaData) -> None:
        self._connection = connection
        self._schema = schema
        self.rows = 0
        self.open = {ticket.ticket: ticket for ticket in self._read(self._tickets.c.status_id == fixed.OPEN)}

    @property
    def _tickets(self) -> Any:
        return table(self._schema, "ticket")

    def _read(self, condition: Any) -> list[OpenTicket]:
        ticket, thread = self._tickets.c, table(self._schema, "thread").c
        query = (
            select(
                ticket.ticket_id, thread.id, ticket.user_id, ticket.dept_id, ticket.topic_id, ticket.team_id,
                ticket.staff_id, ticket.isanswered, ticket.isoverdue, ticket.duedate, ticket.est_duedate,
                ticket.created, ticket.source_extra,
            )
            .join_from(self._tickets, thread.id.table, and_(
                thread.object_id == ticket.ticket_id, thread.object_type == "T",
            ))
            .where(condition)
            .order_by(ticket.ticket_id)
        )  # fmt: skip
        return [self._ticket(row) for row in self._connection.execute(query)]

    @staticmethod
    def _ticket(row: Any) -> OpenTicket:
        due = row.duedate or row.est_duedate
        return OpenTicket(
            row.ticket_id, row.id, row.user_id, row.dept_id, row.topic_id, row.team_id, row.staff_id,
            bool(row.isanswered), bool(row.isoverdue), None if due is None else str(due), str(row.created),
            row.source_extra == INCIDENT,
        )  # fmt: skip

    def closed_since(self, moment: int) -> list[OpenTicket]:
        """Return the tickets closed since ``moment``, merged children not."""
        ticket = self._tickets.c
        return self._read(and_(ticket.closed >= at(moment), ticket.status_id.in_((fixed.RESOLVED, fixed.CLOSED))))

    def _insert(self, name: str, /, **values: Any) -> int:
        self.rows += 1
        result = self._connection.execute(insert(table(self._schema, name)), values)
        return int(result.inserted_primary_key[0]) if result.inserted_primary_key else 0

    def _update(self, ticket: int, moment: int, /, **values: Any) -> None:
        statement = update(self._tickets).where(self._tickets.c.ticket_id == ticket)
        self._connection.execute(statement.values(updated=at(moment), **values))

    def _event(
        self, ticket: OpenTicket, event: str, moment: int, uid: tuple[str, int | None, str], data: str | None = None
    ) -> None:
        kind, number, name = uid
        self._insert(
            "thread_event", thread_id=ticket.thread, thread_type="T", event_id=fixed.EVENT_ID[event],
            staff_id=ticket.staff, team_id=ticket.team, dept_id=ticket.queue, topic_id=ticket.topic, data=data,
            username=name, uid=number, uid_type=kind, annulled=0, timestamp=at(moment),
        )  # fmt: skip

    def _entry(self, ticket: OpenTicket, kind: str, moment: int, body: str, **values: Any) -> int:
        return self._insert(
            "thread_entry", thread_id=ticket.thread, type=kind, body=body, format="html", created=at(moment),
            updated=ZERO, **{"poster": "", **values},
        )  # fmt: skip

    def _thread(self, ticket: OpenTicket, **values: str) -> None:
        threads = table(self._schema, "thread")
        self._connection.execute(update(threads).where(threads.c.id == ticket.thread).values(values))

    def user(self, requester: Requester, moment: int) -> int:
        """Return the user's id, made when the person asks for the first time."""
        users = table(self._schema, "user")
        known = self._connection.execute(select(users.c.id).where(users.c.name == requester.name)).scalar()
        if known is not None:
            return int(known)
        now = at(moment)
        user = self._insert("user", org_id=0, default_email_id=0, name=requester.name, created=now, updated=now)
        email = self._insert("user_email", user_id=user, address=requester.address)
        self._connection.execute(update(users).where(users.c.id == user).values(default_email_id=email))
        return user

    def _name(self, user: int) -> str:
        users = table(self._schema, "user").c
        return str(self._connection.execute(select(users.name).where(users.id == user)).scalar_one())

    def ask(self, requester: Requester, question: Question, moment: int) -> OpenTicket:
        """Open a ticket: its row, thread, form answers, first message, mail headers and event."""
        now, user = at(moment), self.user(requester, moment)
        _, _, _, queue, _, plan = next(topic for topic in fixed.TOPICS if topic[0] == question.topic)
        sla = plan or 3
        due = at(moment + int(GRACE[sla]))
        number = self._insert(
            "ticket", user_id=user, status_id=fixed.OPEN, dept_id=queue, sla_id=sla, topic_id=question.topic,
            email_id=1, source=question.source, source_extra=INCIDENT if question.incident else None,
            est_duedate=due, lastupdate=now, created=now, updated=now, ip_address="192.0.2.10",
        )  # fmt: skip
        self._update(number, moment, number=f"{number * 7919 % 1_000_000:06}")
        thread = self._insert("thread", object_id=number, object_type="T", lastmessage=now, created=now)
        ticket = OpenTicket(
            number, thread, user, queue, question.topic, 0, 0, answered=False, overdue=False, due=due, created=now,
            incident=question.incident,
        )  # fmt: skip
        self._form(number, question, now)
        entry = self._entry(
            ticket, "M", moment, question.body, user_id=user, flags=ORIGINAL | BALANCED, poster=requester.name,
            source=question.source, title=question.subject,
        )  # fmt: skip
        if question.source == "Email":
            mid = f"<{entry}.demo@mail.example.edu>"
            sent = f"From: {requester.address}\nSubject: {question.subject}\nMessage-ID: {mid}\n"
            self._insert("thread_entry_email", thread_entry_id=entry, email_id=1, mid=mid, headers=sent)
        self._event(ticket, "created", moment, ("U", user, requester.name))
        self.open[number] = ticket
        return ticket

    def _form(self, ticket: int, question: Question, now: str) -> None:
        entry = self._insert(
            "form_entry", form_id=fixed.TICKET_FORM, object_id=ticket, object_type="T", sort=0,
            extra='{"disable":[]}', created=now, updated=now,
        )  # fmt: skip
        name = fixed.PRIORITY_NAME[question.priority]
        self._insert("form_entry_values", entry_id=entry, field_id=fixed.SUBJECT_FIELD, value=question.subject)
        self._insert(
            "form_entry_values", entry_id=entry, field_id=fixed.PRIORITY_FIELD, value=name, value_id=question.priority
        )

    def answer(self, ticket: OpenTicket, agent: int, moment: int, body: str) -> None:
        """An agent answers."""
        _, first, last, _ = fixed.STAFF[agent - 1]
        self._entry(ticket, "R", moment, body, staff_id=agent, poster=f"{first} {last}")
        self._thread(ticket, lastresponse=at(moment))
        self._update(ticket.ticket, moment, isanswered=1)
        self.open[ticket.ticket] = replace(ticket, answered=True)

    def note(self, ticket: OpenTicket, agent: int, moment: int, body: str) -> None:
        """An agent leaves an internal note: no event, no change of the ticket."""
        _, first, last, _ = fixed.STAFF[agent - 1]
        self._entry(ticket, "N", moment, body, staff_id=agent, poster=f"{first} {last}")

    def follow_up(self, ticket: OpenTicket, moment: int, body: str) -> None:
        """The requester writes again: the ticket waits for an answer."""
        self._entry(ticket, "M", moment, body, user_id=ticket.user, source="Email", poster=self._name(ticket.user))
        self._thread(ticket, lastmessage=at(moment))
        self._update(ticket.ticket, moment, isanswered=0, lastupdate=at(moment))
        self.open[ticket.ticket] = replace(ticket, answered=False)

    def assign(self, ticket: OpenTicket, agent: int, moment: int) -> None:
        """An agent takes the ticket."""
        user, first, last, _ = fixed.STAFF[agent - 1]
        taken = replace(ticket, staff=agent)
        self._event(taken, "assigned", moment, ("S", agent, user), f'{{"staff":[{agent},"{first} {last}"]}}')
        self._update(ticket.ticket, moment, staff_id=agent)
        self.open[ticket.ticket] = taken

    def transfer(self, ticket: OpenTicket, queue: int, agent: int, moment: int) -> None:
        """An agent hands the ticket to another queue."""
        moved = replace(ticket, queue=queue)
        name = next(name for number, _, name, _ in fixed.DEPARTMENTS if number == queue)
        self._event(moved, "transferred", moment, ("S", agent, fixed.STAFF[agent - 1][0]), f'{{"dept":"{name}"}}')
        self._update(ticket.ticket, moment, dept_id=queue)
        self.open[ticket.ticket] = moved

    def overdue(self, ticket: OpenTicket, moment: int) -> None:
        """The cron job finds the ticket past its due date."""
        self._event(ticket, "overdue", moment, ("S", None, "SYSTEM"))
        self._update(ticket.ticket, moment, isoverdue=1)
        self.open[ticket.ticket] = replace(ticket, overdue=True)

    def close(self, ticket: OpenTicket, agent: int, moment: int) -> None:
        """An agent closes the ticket and becomes its owner; due dates that have passed are forgotten."""
        now = at(moment)
        done = replace(ticket, staff=agent)
        self._event(done, "closed", moment, ("S", agent, fixed.STAFF[agent - 1][0]), '{"status":[3,"Closed"]}')
        late = {"est_duedate": None, "duedate": None} if ticket.due is not None and ticket.due < now else {}
        self._update(
            ticket.ticket, moment, status_id=fixed.CLOSED, closed=now, lastupdate=now, isoverdue=0, staff_id=agent,
            **late,
        )  # fmt: skip
        del self.open[ticket.ticket]

    def reopen(self, ticket: OpenTicket, moment: int) -> None:
        """The requester answers a closed ticket: it opens again, its earlier closings are annulled."""
        now, due = at(moment), at(moment + int(GRACE[3]))
        self._event(ticket, "reopened", moment, ("U", ticket.user, self._name(ticket.user)))
        events = table(self._schema, "thread_event").c
        closings = and_(events.thread_id == ticket.thread, events.event_id == fixed.EVENT_ID["closed"])
        self._connection.execute(update(events.id.table).where(closings).values(annulled=1))
        self._update(
            ticket.ticket, moment, status_id=fixed.OPEN, closed=None, reopened=now, lastupdate=now, isanswered=0,
            est_duedate=due,
        )  # fmt: skip
        self.open[ticket.ticket] = replace(ticket, answered=False, overdue=False, due=due)
