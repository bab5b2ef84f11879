"""A whole database as comparable values, whichever server holds it."""

from typing import Any

from sqlalchemy import Connection, select, text

from exporter.demo.schema import metadata


def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table as text, ordered by primary key; what the clock wrote is left out."""
    schema = metadata()
    found = {}
    for table in schema.sorted_tables:
        columns = [column for column in table.columns if (table.name, column.name) != ("ost_config", "updated")]
        query = select(*columns).order_by(*table.primary_key.columns)
        found[table.name] = [tuple(None if value is None else str(value) for value in row)
                             for row in connection.execute(query)]  # fmt: skip
    return found


def count(connection: Connection, table: str) -> int:
    """Return the number of rows."""
    return int(connection.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())
