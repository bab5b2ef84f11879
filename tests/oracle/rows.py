"""Rows of osTicket's tables as plain dictionaries: ``SELECT *``, nothing else."""

import sqlite3
from typing import Any, Final

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import Cursor
from sqlalchemy.engine import make_url

Row = dict[str, Any]
Tables = dict[str, list[Row]]

_NAMES: Final = (
    "ticket", "ticket_status", "ticket_priority", "user", "user_email", "department", "help_topic", "thread",
    "thread_entry", "thread_entry_email", "thread_event", "event", "form", "form_field", "form_entry",
    "form_entry_values", "sla", "team", "staff", "config",
)  # fmt: skip
# Dates stay the text that the server sends: PyMySQL would turn most of them, but not all, into datetimes.
_CONVERSIONS: Final = {
    key: value for key, value in conversions.items() if key not in (FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
}


def read(url: str, prefix: str) -> Tables:
    """Return every table that the oracle looks at, by osTicket's name for it; one that does not exist is empty."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        return _read_sqlite(str(where.database), prefix)
    connection: pymysql.Connection[Cursor] = pymysql.connect(
        host=where.host, port=where.port or 3306, user=where.username, password=where.password or "",
        database=where.database, charset="utf8mb4", conv=_CONVERSIONS,
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        present = {str(row[0]) for row in cursor.fetchall()}
        tables: Tables = {}
        for name in _NAMES:
            rows: list[Row] = []
            if prefix + name in present:
                cursor.execute(f"SELECT * FROM `{prefix}{name}`")
                columns = [column[0] for column in cursor.description]
                rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            tables[name] = rows
    return tables


def _read_sqlite(path: str, prefix: str) -> Tables:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{prefix}{name}"')]
            if prefix + name in present
            else []
            for name in _NAMES
        }
    finally:
        connection.close()


def group(rows: list[Row], *columns: str) -> dict[Any, list[Row]]:
    """Return rows by the value of a column, or by the tuple of several, each list in the order of ids."""
    grouped: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[columns[0]] if len(columns) == 1 else tuple(row[column] for column in columns)
        grouped.setdefault(key, []).append(row)
    return grouped
