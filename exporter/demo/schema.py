"""The tables of osTicket 1.18 that this project reads, as SQLAlchemy Core declarations for MySQL, MariaDB and SQLite.

Names, types, nullability and indexes are those of a fresh installation; tables and columns that nobody here reads are
left out, except in the tables that are read, which are whole.
"""

from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.schema import CreateIndex, CreateTable

from exporter.demo.fixed_tables import add_fixed_tables
from exporter.demo.tables import add_ticket_tables


def metadata(prefix: str = "ost_") -> MetaData:
    """Return the tables under ``prefix``; :func:`table` finds one by osTicket's own name for it."""
    schema = MetaData(info={"prefix": prefix})
    add_fixed_tables(schema, prefix)
    add_ticket_tables(schema, prefix)
    for each in schema.tables.values():
        each.dialect_options["mysql"]["engine"] = "InnoDB"
        each.dialect_options["mysql"]["charset"] = "utf8mb3"
    return schema


def table(schema: MetaData, name: str) -> Table:
    """Return the table that osTicket calls ``name``, for example ``thread_entry``."""
    return schema.tables[f"{schema.info['prefix']}{name}"]


def like_osticket(connection: Connection) -> None:
    """Set up the session as osTicket does its own: zero dates and truncation without an error. SQLite needs nothing."""
    if connection.dialect.name in ("mysql", "mariadb"):
        connection.execute(text("SET SESSION sql_mode = '', time_zone = 'SYSTEM'"))


def create_tables(connection: Connection, schema: MetaData) -> None:
    """Create the tables without their secondary indexes: they fill faster so."""
    for each in schema.sorted_tables:
        connection.execute(CreateTable(each))


def create_indexes(connection: Connection, schema: MetaData) -> None:
    """Create the secondary indexes of tables from :func:`create_tables`."""
    for each in schema.sorted_tables:
        for index in sorted(each.indexes, key=lambda index: str(index.name)):
            if index.info["dialect"] == connection.dialect.name:
                connection.execute(CreateIndex(index))
