"""The pen of the hostile database: tickets, threads, events, entries and answers as rows."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.hostile_desk import ZERO, Desk
from tests.oracle.rowset import RowSet
from tests.oracle.variants import Variant


@dataclass
class Case:
    """One ticket in the making: its row, and what happens in its thread."""

    row: dict[str, Any]
    created: datetime
    threads: list[int] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The ticket's id."""
        return int(self.row["ticket_id"])


@dataclass
class Scribe:
    """Writes one thing at a time.

    Attributes:
        rows: what was written.
        desk: the ids that a ticket may point to.
        variant: the schema.
        rng: source of chance.
        now: the server's clock reading now.
        changes: the server's last changes of clock.
    """

    rows: RowSet
    desk: Desk
    variant: Variant
    rng: random.Random
    now: datetime
    changes: list[datetime]

    def text(self, moment: datetime) -> str:
        """Return a clock reading as MySQL writes it."""
        return moment.isoformat(" ")

    def after(self, moment: datetime, seconds: float) -> datetime:
        """Return a clock reading some seconds later on the same clock."""
        return moment + timedelta(seconds=int(seconds))

    def thread(self, case: Case, kind: str = "T") -> int:
        """Add a thread to a ticket."""
        thread = self.rows.add("thread", "id", object_id=case.number, object_type=kind, created=ZERO)
        if kind == "T":
            case.threads.append(thread)
        return thread

    def event(self, thread: int, name: str, moment: datetime | str, **values: Any) -> None:
        """Log an event."""
        if name == "deleted" and not self.variant.has_event_table:
            return
        row = {"thread_type": "T", "uid_type": "S", "staff_id": 0, "team_id": 0, "dept_id": 0, "topic_id": 0, **values}
        text = moment if isinstance(moment, str) else self.text(moment)
        self.rows.add(
            "thread_event",
            None,
            thread_id=thread,
            event_id=self.desk.event_ids[name],
            state=name,
            timestamp=text,
            **row,
        )

    def entry(self, thread: int, kind: str, moment: datetime | str, **values: Any) -> int:
        """Add an entry to a thread."""
        text = moment if isinstance(moment, str) else self.text(moment)
        row = {"flags": 0, "title": None, "body": "-", "updated": ZERO, **values}
        return self.rows.add("thread_entry", "id", thread_id=thread, type=kind, created=text, **row)

    def answer(self, case: Case, form: int, values: dict[int, tuple[str | None, int | None]], kind: str = "T") -> None:
        """Answer a form."""
        entry = self.rows.add(
            "form_entry", "id", form_id=form, object_id=case.number, object_type=kind, created=ZERO, updated=ZERO
        )
        for number, (value, value_id) in values.items():
            if value is not None or value_id is not None:
                self.rows.add("form_entry_values", entry_id=entry, field_id=number, value=value, value_id=value_id)

    def near(self) -> str:
        """Return a clock reading some days around now."""
        return self.text(self.after(self.now, self.rng.uniform(-9e5, 9e5)))

    def priority(self) -> tuple[str | None, int | None]:
        """Return an answer to the priority question: right, none, dangling, or as text."""
        number = self.rng.choice(self.desk.priorities)
        return self.rng.choice((("Any", number), ("Any", number), (None, number), (None, None), ("High", None)))


def clock_changes(zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Return the clock readings (on the clock before) at which the offset changes in the last three years."""
    found = []
    moment = now.replace(minute=0, second=0, tzinfo=UTC)
    for _ in range(3 * 365 * 24):
        before = moment - timedelta(hours=1)
        if before.astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset():
            found.append((before.astimezone(zone) + timedelta(hours=1)).replace(tzinfo=None))
        moment = before
    return found or [now - timedelta(days=100)]
