"""The connection to osTicket's database: one, read-only, with timeouts of its own; errors said in plain words."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pymysql
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from exporter.errors import DatabaseError
from exporter.osticket.dialect import Dialect, MySQL, SQLite

log = logging.getLogger(__name__)

CONNECT_TIMEOUT: Final = 10.0
_UNKNOWN_VARIABLE: Final = 1193
# The server ends a statement at the statement timeout; the socket waits a little longer for it to say so.
GRACE: Final = 5.0

# What an operator can do about the server's own error numbers.
_HINTS: Final[Mapping[int, str]] = {
    1040: "the server has no connection left; raise max_connections or look who holds them",
    1044: "grant SELECT on this database to the user; 'umbrella check' prints the statements",
    1045: "correct osticket.url or the password file",
    1049: "correct the database name in osticket.url",
    1054: "a column is missing; if osTicket is being upgraded, this mends itself; else run 'umbrella check'",
    1142: "grant SELECT on this table to the user; 'umbrella check' prints the statements",
    1143: "grant SELECT on this column to the user; 'umbrella check' prints the statements",
    1146: "a table is missing; if osTicket is being upgraded, this mends itself; else check osticket.table_prefix",
    1203: "the user has too many connections; raise its MAX_USER_CONNECTIONS",
    1205: "a lock is held on the table; wait for the backup or upgrade that holds it",
    1226: "the user is over its limit of connections; raise its MAX_USER_CONNECTIONS",
    1412: "a table was altered during the refresh; the next one tries again",
    1969: "the statement timed out; look for a lock or raise osticket.statement_timeout",
    2003: "see that the server runs and that this host may reach its port",
    2006: "the connection was lost; the next refresh connects again",
    2013: "the connection was lost or the server did not answer in time; the next refresh connects again",
    3024: "the statement timed out; look for a lock or raise osticket.statement_timeout",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach the database.

    Attributes:
        url: SQLAlchemy URL without the password.
        password: called at every connection, so that a changed password file is seen; None for no password.
        statement_timeout: seconds after which the server ends a statement.
    """

    url: URL
    password: Callable[[], str | None]
    statement_timeout: float


class Session:
    """One read transaction: every query of a refresh sees the same state where the tables allow it."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect
        self.seconds = 0.0

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run one SELECT and return its rows; ``:name`` parameters are bound."""
        started = time.perf_counter()
        try:
            return [tuple(row) for row in self.connection.execute(text(sql), parameters)]
        finally:
            self.seconds += time.perf_counter() - started

    def raw(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one SELECT of ours without parameters, past SQLAlchemy's parsing of the text."""
        started = time.perf_counter()
        try:
            return [tuple(row) for row in self.connection.exec_driver_sql(sql)]
        finally:
            self.seconds += time.perf_counter() - started

    def value(self, sql: str, **parameters: Any) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.rows(sql, **parameters)
        return rows[0][0] if rows else None


class Database:
    """An osTicket database behind a URL. Holds at most one connection, opened when first needed."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.settings = settings
        self.engine = engine or _engine(settings)
        self.dialect: Dialect = SQLite() if self.engine.dialect.name == "sqlite" else MySQL()
        self.where = settings.url.render_as_string(hide_password=True)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a read transaction.

        Raises:
            DatabaseError: the server did not answer, refused, or a statement failed; with the next step.
        """
        whole = False
        try:
            with self.engine.connect() as connection:
                for statement in self.dialect.begin:
                    connection.exec_driver_sql(statement)
                yield Session(connection, self.dialect)
            whole = True
        except (DBAPIError, pymysql.Error) as error:
            raise DatabaseError(explain(error, self.where)) from error
        except (SQLAlchemyError, OSError, UnicodeDecodeError) as error:
            raise DatabaseError(f"{self.where}: {error}; see that this is osTicket's database") from error
        finally:
            # After any failure the next refresh opens a new connection: this one may be in the middle of an answer, and
            # its rights on the database and its size of packets are those of its beginning.
            if not whole:
                self.engine.dispose()

    def close(self) -> None:
        """Close the connection."""
        self.engine.dispose()


def explain(error: DBAPIError | pymysql.Error, where: str) -> str:
    """Return one line: where, what the server said, what to do next. Never a password, never the statement's data."""
    original = error.orig if isinstance(error, DBAPIError) else error
    arguments: tuple[Any, ...] = getattr(original, "args", ())
    code = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    said = str(arguments[1]) if len(arguments) > 1 else str(original)
    said = said.strip() or "an answer that cannot be read"
    hint = _HINTS.get(code, "the next refresh tries again; 'umbrella check' looks at every part")
    number = f" ({code})" if code else ""
    return f"{where}: {' '.join(said.split())}{number}; {hint}"


def _engine(settings: Settings) -> Engine:
    if settings.url.get_backend_name() == "sqlite":
        return create_engine(settings.url, pool_pre_ping=True)
    engine = create_engine(
        settings.url,
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=CONNECT_TIMEOUT,
        connect_args={
            "charset": "utf8mb4",
            "connect_timeout": int(CONNECT_TIMEOUT),
            "read_timeout": settings.statement_timeout + GRACE,
            "write_timeout": settings.statement_timeout + GRACE,
        },
    )

    @event.listens_for(engine, "do_connect")
    def _password(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> None:
        password = settings.password()
        if password is not None:
            parameters["password"] = password

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            _limit(cursor, settings.statement_timeout)
            for statement in MySQL.prepare(settings.statement_timeout):
                cursor.execute(statement)

    return engine


def _limit(cursor: Any, statement_timeout: float) -> None:
    mariadb, mysql = MySQL.limits(statement_timeout)
    try:
        cursor.execute(mariadb)
    except pymysql.MySQLError as error:
        if error.args[0] != _UNKNOWN_VARIABLE:
            raise
        cursor.execute(mysql)
