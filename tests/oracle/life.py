"""A help desk that lives: what agents, users, cron, administrators and accidents do to a running database."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.oracle.rowset import Connection
from tests.oracle.variants import VARIANTS, Version

GROWING: Final = (
    "ticket", "thread", "thread_entry", "thread_entry_email", "thread_event", "form_entry", "form_entry_values", "user",
    "user_email", "ticket_status",
)  # fmt: skip


@dataclass
class Life:
    """Changes a database as osTicket of its version would, statement by statement.

    Attributes:
        connection: a session like osTicket's.
        prefix: of the tables.
        version: of the schema.
        event_ids: id by name of event.
        zone: the server's.
        rng: source of chance.
        now: the present, Unix time; the caller moves it.
    """

    connection: Connection
    prefix: str
    version: Version
    event_ids: dict[str, int]
    zone: str
    rng: random.Random
    now: float

    def run(self, statement: str, *values: Any) -> int:
        """Run a statement; ``{t}`` is the ticket table, ``{thread}`` the thread table and so on. Returns its new id."""
        names = {name: f"`{self.prefix}{name}`" for name in (*GROWING, "help_topic", "department")}
        with self.connection.cursor() as cursor:
            cursor.execute(statement.format(t=names["ticket"], **names), values)
            return int(cursor.lastrowid or 0)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question."""
        names = {name: f"`{self.prefix}{name}`" for name in GROWING}
        with self.connection.cursor() as cursor:
            cursor.execute(statement.format(t=names["ticket"], **names), values)
            return list(cursor.fetchall())

    def clock(self, seconds: float = 0) -> str:
        """Return the server's clock reading, some seconds from now."""
        local = datetime.fromtimestamp(int(self.now + seconds), ZoneInfo(self.zone))
        return local.replace(tzinfo=None).isoformat(" ")

    def ticket(self) -> tuple[int, int]:
        """Return some ticket that has a thread, recent ones more often, and its first thread."""
        found = self.ask(
            "SELECT t.ticket_id, MIN(h.id) FROM {t} t JOIN {thread} h ON h.object_id = t.ticket_id "
            "AND h.object_type = 'T' GROUP BY t.ticket_id ORDER BY t.ticket_id DESC"
        )
        number, thread = found[int(len(found) * self.rng.random() ** 3)]
        return int(number), int(thread)

    def log(self, thread: int, name: str, at: float = 0) -> None:
        """Log an event of a ticket."""
        variant = VARIANTS[self.version]
        columns: dict[str, Any] = {
            "thread_id": thread, "staff_id": 0, "team_id": 0, "dept_id": 0, "topic_id": 0, "timestamp": self.clock(at),
        }  # fmt: skip
        columns |= {"event_id": self.event_ids[name]} if variant.has_event_table else {"state": name}
        columns |= {"thread_type": "T"} if variant.has_merge else {}
        marks = ", ".join(["%s"] * len(columns))
        self.run(f"INSERT INTO {{thread_event}} ({', '.join(columns)}) VALUES ({marks})", *columns.values())
