"""What this osTicket database looks like: release, tables, columns, storage engine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import inspect

from exporter.errors import DatabaseError
from exporter.osticket.database import Session

# Signature of core.schema_signature, first eight digits: release (reference: osTicket's own upgrade streams).
RELEASES: Final[Mapping[str, str]] = {
    "b26f29a6": "1.9",
    "98ad7d55": "1.10",
    "00c949a6": "1.11 or 1.12",
    "4bd47d94": "1.14",
    "add62892": "1.15",
    "c37e1656": "1.16",
    "83a22ba2": "1.17",
    "5fb92bef": "1.18",
}
TOO_OLD: Final = "b26f29a6"

# Every column that is read in every release, by table; the grants follow from it.
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "ticket": (
        "ticket_id", "user_id", "status_id", "dept_id", "sla_id", "topic_id", "staff_id", "team_id", "source",
        "isanswered", "duedate", "est_duedate", "closed", "lastupdate", "created",
    ),
    "ticket_status": ("id", "state"),
    "ticket_priority": ("priority_id", "priority", "priority_desc"),
    "user": ("id", "default_email_id", "name"),
    "user_email": ("id", "user_id", "address"),
    "department": ("id", "name"),
    "help_topic": ("topic_id", "topic_pid", "topic"),
    "sla": ("id", "name"),
    "team": ("team_id", "name"),
    "staff": ("staff_id", "username", "firstname", "lastname"),
    "thread": ("id", "object_id", "object_type"),
    "thread_event": ("id", "thread_id", "uid_type", "timestamp"),
    "thread_entry": ("id", "thread_id", "type", "flags", "title", "created"),
    "thread_entry_email": ("id", "thread_entry_id", "headers"),
    "form": ("id", "type"),
    "form_field": ("id", "form_id", "name"),
    "form_entry": ("id", "form_id", "object_id", "object_type"),
    "form_entry_values": ("entry_id", "field_id", "value", "value_id"),
}  # fmt: skip
# Columns and tables that only some releases have; read where they are.
OPTIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "ticket": ("ticket_pid", "flags"),
    "department": ("pid", "flags"),
    "help_topic": ("flags", "isactive"),
    "thread_event": ("thread_type", "event_id", "state"),
    "event": ("id", "name"),
    "config": ("namespace", "key", "value"),
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one osTicket installation.

    Attributes:
        prefix: of every table's name, such as ``ost_``.
        columns: the columns of each table that this user may read, by table name without the prefix.
        engines: storage engines of the tables, sorted.
        sources: the ways in that ``ticket.source`` enumerates, in order; empty where it is no enumeration.
    """

    prefix: str
    columns: Mapping[str, frozenset[str]]
    engines: tuple[str, ...]
    sources: tuple[str, ...] = ()

    def table(self, name: str) -> str:
        """Return the quoted name of a table in this database."""
        return f"`{self.prefix}{name}`"

    def has(self, table: str, column: str) -> bool:
        """Return whether the table exists, with the column, readable by this user."""
        return column in self.columns.get(table, frozenset())


def detect(session: Session, prefix: str) -> Schema:
    """Read the tables and columns of the installation.

    Raises:
        DatabaseError: this is no osTicket database, one of an unsupported release, or columns are missing.
    """
    found, engines = _columns(session, prefix)
    if "ticket" not in found:
        raise DatabaseError(_no_tables(session, prefix))
    if "thread_event" not in found and "ticket_event" in found:
        raise DatabaseError(
            f"the tables {prefix}… are of osTicket 1.9 or older; upgrade osTicket to 1.10 or later to read it"
        )
    missing = [
        f"{prefix}{table}.{column}"
        for table, columns in NEEDED.items()
        for column in columns
        if column not in found.get(table, frozenset())
    ]
    log = found.get("thread_event", frozenset())
    if not {"event_id", "state"} & log:
        missing.append(f"{prefix}thread_event.event_id")
    if "state" not in log:  # 1.11 and later: events go by the numbers of a table
        names = found.get("event", frozenset())
        missing += [f"{prefix}event.{column}" for column in OPTIONAL["event"] if column not in names]
    if missing:
        raise DatabaseError(
            f"missing or not granted: {', '.join(missing[:8])}{' …' if len(missing) > 8 else ''}; if osTicket is being "
            "upgraded this mends itself, else run 'umbrella check' for the GRANT statements"
        )
    return Schema(prefix, found, engines, _sources(session, prefix))


def prefixes(session: Session) -> list[str]:
    """Return the table prefixes of all osTicket installations in this database."""
    names = {str(name) for name in inspect(session.connection).get_table_names()}
    endings = ("ticket_status", "thread_event", "form_entry_values")
    candidates = {name.removesuffix(endings[0]) for name in names if name.endswith(endings[0])}
    return sorted(prefix for prefix in candidates if all(prefix + ending in names for ending in endings))


def _sources(session: Session, prefix: str) -> tuple[str, ...]:
    if session.connection.dialect.name == "sqlite":
        return ()
    kind = session.value(
        "SELECT column_type FROM information_schema.columns"
        " WHERE table_schema=DATABASE() AND table_name=:name AND column_name='source'",
        name=f"{prefix}ticket",
    )
    text = str(kind)
    return tuple(re.findall(r"'((?:[^']|'')*)'", text)) if text.lower().startswith("enum(") else ()


def _no_tables(session: Session, prefix: str) -> str:
    others = prefixes(session)
    if others:
        return (
            f"no table {prefix}ticket, but installations with the prefix {', '.join(others)}; "
            "set osticket.table_prefix to one of them"
        )
    return (
        f"no table {prefix}ticket: this is not osTicket's database, or the user may not read it; run 'umbrella check'"
    )


def _columns(session: Session, prefix: str) -> tuple[dict[str, frozenset[str]], tuple[str, ...]]:
    wanted = {*NEEDED, *OPTIONAL, "ticket_event"}
    found: dict[str, set[str]] = {}
    engines: set[str] = set()
    if session.connection.dialect.name == "sqlite":
        inspector = inspect(session.connection)
        engines.add("SQLite")
        for name in inspector.get_table_names():
            if name.startswith(prefix) and name.removeprefix(prefix) in wanted:
                found[name.removeprefix(prefix)] = {str(column["name"]) for column in inspector.get_columns(name)}
    else:
        rows = session.rows(
            "SELECT c.table_name, c.column_name, t.engine FROM information_schema.columns c"
            " JOIN information_schema.tables t ON t.table_schema=c.table_schema AND t.table_name=c.table_name"
            " WHERE c.table_schema=DATABASE() AND SUBSTRING(c.table_name,1,:length)=:prefix",
            length=len(prefix),
            prefix=prefix,
        )
        for table, column, engine in rows:
            if table.removeprefix(prefix) in wanted:
                found.setdefault(table.removeprefix(prefix), set()).add(str(column).lower())
                engines.add(str(engine))
    return {table: frozenset(columns) for table, columns in found.items()}, tuple(sorted(engines))
