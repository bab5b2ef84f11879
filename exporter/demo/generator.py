"""Write a synthetic osTicket database, calibrated to the published figures, into SQLite, MySQL or MariaDB.

How time maps: the published period, 2021-01 to 2024-05, keeps its own months; from there the history goes on to the
present with 6 % more tickets a year. At the default size the published period has exactly the published 5 958
tickets, with the published months, priorities, departments and requesters; by the end of 2026 the whole has about
11 000. Asked for ``tickets`` rows, everything is scaled in the same proportions. On top of the tickets that count
come merged children (0.4 %) and automatic replies (1.2 %), which the exporter leaves out; deleted tickets (0.4 %)
have left only their events. People stay the same at any size: a larger desk is asked by the same people more often.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from pymysql.err import MySQLError
from sqlalchemy import Engine, create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from exporter.demo import calibration
from exporter.demo.cast import make_cast
from exporter.demo.entries import entry_rows
from exporter.demo.events import event_rows
from exporter.demo.fixed import fill_fixed
from exporter.demo.history import make_history
from exporter.demo.numbering import number
from exporter.demo.rows import Rows, form_rows, thread_rows, ticket_rows, user_rows
from exporter.demo.schema import create_indexes, create_tables, like_osticket, metadata, table
from exporter.demo.texts import make_texts
from exporter.demo.writer import write
from exporter.errors import DemoError

PREFIX: Final = "ost_"
_DIALECTS: Final = ("sqlite", "mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written.

    Attributes:
        tickets: rows of the ticket table.
        requesters: rows of the user table.
        events: rows of the event log.
        entries: messages, answers and notes.
        first: when the first ticket was created, None without any.
        last: when the last one was.
    """

    tickets: int
    requesters: int
    events: int
    entries: int
    first: datetime | None
    last: datetime | None


def write_demo_database(
    url: str, *, tickets: int | None = None, seed: int = 1, now: datetime, prefix: str = PREFIX
) -> Summary:
    """Write a synthetic osTicket 1.18 database, times in UTC, into the database at ``url``.

    Args:
        url: SQLAlchemy URL: ``sqlite:///FILE`` or ``mysql+pymysql://…`` of an existing database.
        tickets: rows of the ticket table; None for the published scale.
        seed: the same seed, size and moment write the same rows.
        now: where the history ends, aware.
        prefix: of the tables.

    Raises:
        DemoError: the URL is of no kind that can be written, the database does not answer or holds tables of that
            prefix already, the size is negative, or ``now`` lies before the history's beginning.
    """
    engine = _engine(url)
    try:
        return fill(engine, tickets=tickets, seed=seed, now=now, prefix=prefix)
    except (DBAPIError, MySQLError, sqlite3.Error) as error:
        where = engine.url.render_as_string(hide_password=True)
        told = error.orig if isinstance(error, DBAPIError) else error
        raise DemoError(
            f"demo-data: {where} cannot be written: {told}. Is the server up, does the database exist, and may this "
            "user create tables in it?"
        ) from error
    finally:
        engine.dispose()


def fill(engine: Engine, *, tickets: int | None, seed: int, now: datetime, prefix: str = PREFIX) -> Summary:
    """Do the work of :func:`write_demo_database` on an engine; the rows in one transaction, the indexes after."""
    _check(engine, tickets, now, prefix)
    moment = int(now.timestamp())
    cast, texts = make_cast(seed), make_texts(seed)
    history = make_history(cast, texts, now=moment, tickets=tickets, seed=seed)
    numbers = number(history, cast)
    rng = np.random.default_rng((seed, 4))
    schema = metadata(prefix)
    counts: dict[str, int] = {}

    def put(connection_rows: Rows) -> None:
        name, size, columns = connection_rows
        counts[name] = counts.get(name, 0) + write(connection, table(schema, name), size, columns)

    with engine.begin() as connection:
        create_tables(connection, schema)
    with engine.begin() as connection:
        like_osticket(connection)
        fill_fixed(connection, schema, settings={"db_timezone": "UTC"})
        for rows in (*user_rows(history, numbers, cast), ticket_rows(history, numbers, now=moment)):
            put(rows)
        for rows in (*thread_rows(history, numbers), *form_rows(history, numbers, texts)):
            put(rows)
        put(event_rows(history, numbers, cast, now=moment))
        for rows in entry_rows(rng, history, numbers, cast, texts):
            put(rows)
    with engine.begin() as connection:
        create_indexes(connection, schema)
    created = history.created
    first, last = (datetime.fromtimestamp(int(created[at]), UTC) if len(created) else None for at in (0, -1))
    return Summary(counts["ticket"], counts["user"], counts["thread_event"], counts["thread_entry"], first, last)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in _DIALECTS:
            raise DemoError(
                f"demo-data: osTicket does not run on {parsed.get_backend_name()}: the URL must begin with sqlite:/// "
                "or mysql+pymysql://"
            )
        return create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise DemoError(
            f"demo-data: not a database URL that can be used here: {error}. Try sqlite:///demo.db or "
            "mysql+pymysql://USER:PASSWORD@HOST/DATABASE"
        ) from error


def _check(engine: Engine, tickets: int | None, now: datetime, prefix: str) -> None:
    if tickets is not None and tickets < 0:
        raise DemoError(f"demo-data: --tickets {tickets}: a number of tickets, 0 or more, is expected")
    if now < datetime.fromisoformat(f"{calibration.FIRST_MONTH}-02T00:00:00+00:00"):
        raise DemoError(
            f"demo-data: the clock says {now:%Y-%m-%d}, but the history begins in {calibration.FIRST_MONTH}"
        )
    there = [name for name in inspect(engine).get_table_names() if name.startswith(prefix)]
    if there:
        raise DemoError(
            f"demo-data: {engine.url.render_as_string(hide_password=True)} already holds {len(there)} tables named "
            f"{prefix}… ({there[0]} is one): nothing was written. Give an empty database, or another file"
        )
