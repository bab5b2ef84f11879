"""Rows on their way into a database that is set up as osTicket sets up its own sessions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import pymysql
from pymysql.cursors import Cursor
from sqlalchemy.engine import make_url

Connection: TypeAlias = "pymysql.Connection[Cursor]"  # generic for the type checker only


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    """Open a session like osTicket's: lax ``sql_mode``, the server's own zone, autocommit."""
    where = make_url(url)
    connection: Connection = pymysql.connect(
        host=where.host, port=where.port or 3306, user=where.username, password=where.password or "",
        database=where.database, charset="utf8mb4", autocommit=True, sql_mode="",
        init_command="SET SESSION time_zone = 'SYSTEM'",
    )  # fmt: skip
    with connection:
        yield connection


class RowSet:
    """Rows by table, with ids given out as MySQL would."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.next_id: dict[str, int] = defaultdict(lambda: 1)

    def add(self, table: str, auto: str | None = None, /, **values: Any) -> int:
        """Add a row; the column ``auto`` counts up unless the row brings a value. Returns that value, else 0."""
        identity = 0
        if auto is not None:
            identity = values.setdefault(auto, self.next_id[table])
            self.next_id[table] = max(self.next_id[table], identity + 1)
        self.rows[table].append(values)
        return int(identity)

    def write(self, connection: Connection, prefix: str, missing: Iterable[tuple[str, str]] = ()) -> None:
        """Insert everything, without the columns that this variant of the schema lacks.

        Args:
            connection: from :func:`connect`.
            prefix: of the tables.
            missing: pairs of table and column that do not exist.
        """
        lacking = set(missing)
        with connection.cursor() as cursor:
            cursor.execute("SET autocommit = 0")
            for table, rows in self.rows.items():
                shapes: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
                for row in rows:
                    columns = tuple(name for name in row if (table, name) not in lacking)
                    shapes[columns].append(tuple(row[name] for name in columns))
                for columns, values in shapes.items():
                    names = ", ".join(f"`{name}`" for name in columns)
                    marks = ", ".join(["%s"] * len(columns))
                    cursor.executemany(f"INSERT INTO `{prefix}{table}` ({names}) VALUES ({marks})", values)
            cursor.execute("COMMIT")
            cursor.execute("SET autocommit = 1")
