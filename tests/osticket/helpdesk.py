"""A help desk in a real MariaDB that a test may damage, and that is whole again afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import pymysql
from pymysql.cursors import Cursor

from bench.databases import big_database
from exporter.demo.schema import metadata
from tests.servers import MariaDB

# When the histories end: any moment will do, on a server whose clock is UTC.
NOW: Final = 1_780_000_000.0
TICKETS: Final = 200
PASSWORD: Final = "secret-of-the-desk"
USER: Final = f"reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"
TEMPLATE: Final = "osticket_template"


def clock(moment: float) -> str:
    """Return a moment as the server's clock shows it."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"


def write_template(server: MariaDB) -> None:
    """Write the help desk that all others are copies of."""
    big_database(server.create(TEMPLATE), TICKETS, now=datetime.fromtimestamp(NOW, UTC))


class HelpDesk:
    """One database of a help desk; every table has the content of the template until a test changes it."""

    def __init__(self, server: MariaDB, name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.url(name)

    def create(self) -> None:
        """Create the tables, empty."""
        self.server.create(self.name)
        self.sql(*(f"CREATE TABLE `{table}` LIKE `{TEMPLATE}`.`{table}`" for table in metadata().tables))

    def restore(self) -> None:
        """Put the template's rows into all tables."""
        statements = ("DELETE FROM `{0}`", f"INSERT INTO `{{0}}` SELECT * FROM `{TEMPLATE}`.`{{0}}`")
        self.sql("BEGIN", *(each.format(table) for table in metadata().tables for each in statements), "COMMIT")
        # Ids go on from the template's: a jump of many thousands is an event of its own.
        jumped = self.rows(
            "SELECT table_name FROM information_schema.tables WHERE table_schema=DATABASE() AND auto_increment > 5000"
        )
        self.sql(*(f"ALTER TABLE `{table}` AUTO_INCREMENT=1" for (table,) in jumped))

    def sql(self, *statements: str) -> None:
        """Run statements like osTicket does."""
        with self.connection() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Run a SELECT and return its rows."""
        return self.server.execute(sql, self.name)

    def value(self, sql: str) -> Any:
        """Return the only value of a SELECT."""
        return self.rows(sql)[0][0]

    @contextmanager
    def connection(self, *, autocommit: bool = True) -> "Iterator[pymysql.Connection[Cursor]]":
        """Open a session like osTicket's."""
        opened: pymysql.Connection[Cursor] = pymysql.connect(
            host="127.0.0.1", port=self.server.port, user="admin", password="admin", database=self.name,
            charset="utf8mb4", sql_mode="", autocommit=autocommit,
        )  # fmt: skip
        with opened:
            yield opened

    @contextmanager
    def reader(self, grants: str = "SELECT ON `{database}`.*", options: str = "") -> Iterator[str]:
        """Create a user for the exporter and yield its URL; it is gone afterwards.

        Args:
            grants: what it may do, ``;`` between several.
            options: of the account, such as its resource limits.
        """
        self.sql(f"CREATE USER {USER} {options}")
        try:
            for grant in grants.split(";"):
                self.sql(f"GRANT {grant.format(database=self.name)} TO reader@'127.0.0.1'")
            yield self.server.url(self.name, "reader", PASSWORD)
        finally:
            self.sql("DROP USER reader@'127.0.0.1'")

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Hold a table as a backup or an upgrade does."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLES `ost_{table}` WRITE")
            yield
            cursor.execute("UNLOCK TABLES")

    def waits_for_a_lock(self) -> bool:
        """Return whether some statement waits for a table."""
        return bool(self.rows("SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"))

    def add_ticket(self, moment: float, **columns: object) -> int:
        """Open a ticket by mail with everything that belongs to it; return its id."""
        values = {"user_id": 1, "status_id": 1, "dept_id": 1, "topic_id": 1, "sla_id": 1, "source": "Email", **columns}
        at = clock(moment)
        with self.connection() as connection, connection.cursor() as cursor:

            def insert(table: str, **row: object) -> int:
                names = ",".join(f"`{name}`" for name in row)
                cursor.execute(
                    f"INSERT INTO ost_{table} ({names}) VALUES ({','.join(['%s'] * len(row))})", tuple(row.values())
                )
                return int(cursor.lastrowid)

            ticket = insert("ticket", **values, created=at, updated=at, lastupdate=at, ip_address="192.0.2.1")
            thread = insert("thread", object_id=ticket, object_type="T", created=at)
            entry = insert(
                "thread_entry", thread_id=thread, type="M", flags=65, title="A new one", body="-", created=at,
                poster="R", source="Email", ip_address="", updated="0000-00-00",
            )  # fmt: skip
            insert("thread_entry_email", thread_entry_id=entry, mid="m", headers="From: someone@example.edu\n")
            form = insert("form_entry", form_id=2, object_id=ticket, object_type="T", created=at, updated=at)
            insert("form_entry_values", entry_id=form, field_id=20, value="A new one")
            insert("form_entry_values", entry_id=form, field_id=22, value="Normal", value_id=2)
            insert(
                "thread_event", thread_id=thread, thread_type="T", event_id=1, staff_id=0, team_id=0, dept_id=1,
                topic_id=1, username="SYSTEM", uid_type="U", timestamp=at,
            )  # fmt: skip
        return ticket

    def log(self, ticket: int, event: int, moment: float) -> int:
        """Log an event of a ticket by its id (2 is closed) and return the row's id."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ost_thread_event (thread_id, thread_type, event_id, staff_id, team_id, dept_id, topic_id,"
                " username, uid_type, timestamp) SELECT id, 'T', %s, 1, 0, 1, 1, 'agent01', 'S', %s FROM ost_thread"
                " WHERE object_type = 'T' AND object_id = %s",
                (event, clock(moment), ticket),
            )
            return int(cursor.lastrowid)

    def close_ticket(self, ticket: int, moment: float) -> None:
        """Close a ticket as osTicket does."""
        at = clock(moment)
        self.sql(
            f"UPDATE ost_ticket SET status_id=3, closed='{at}', lastupdate='{at}', updated='{at}'"
            f" WHERE ticket_id={ticket}"
        )
        self.log(ticket, 2, moment)
