"""Column types of osTicket's schema, on MySQL and MariaDB as the installer makes them, on SQLite as their likes."""

from typing import Any, Final

from sqlalchemy import CHAR, Column, Index, Integer, SmallInteger, String, Table, Text
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeEngine

ZERO: Final = "0000-00-00 00:00:00"
"""What osTicket leaves in a datetime that it never set: its sessions run with an empty ``sql_mode``."""

_UNSIGNED = Integer().with_variant(mysql.INTEGER(unsigned=True), "mysql", "mariadb")
SIGNED: Final = Integer()
TINY: Final = Integer().with_variant(mysql.TINYINT(), "mysql", "mariadb")
_TINY = SmallInteger().with_variant(mysql.TINYINT(unsigned=True), "mysql", "mariadb")
# SQLite keeps 'YYYY-MM-DD HH:MM:SS' as text: SQLAlchemy's own type would refuse the zero date when reading.
_MOMENT = mysql.DATETIME().with_variant(sqlite.VARCHAR(19), "sqlite")


def key(name: str = "id", kind: TypeEngine[int] = _UNSIGNED) -> Column[Any]:
    """Return an auto-increment primary key, unsigned unless told otherwise."""
    return Column(name, kind, primary_key=True, autoincrement=True)


def part_of_key(name: str) -> Column[Any]:
    """Return an unsigned integer that is one of several columns of the primary key."""
    return Column(name, _UNSIGNED, primary_key=True, autoincrement=False)


def number(name: str, default: int | None = 0, *, null: bool = False) -> Column[Any]:
    """Return an unsigned integer; NOT NULL DEFAULT 0 unless told otherwise."""
    return Column(name, _UNSIGNED, nullable=null, server_default=None if default is None else str(default))


def signed(name: str, *, null: bool = False) -> Column[Any]:
    """Return a signed integer without a default."""
    return Column(name, SIGNED, nullable=null)


def flag(name: str, default: int = 0) -> Column[Any]:
    """Return a tinyint NOT NULL."""
    return Column(name, _TINY, nullable=False, server_default=str(default))


def word(name: str, length: int, default: str | None = "", *, null: bool = False) -> Column[Any]:
    """Return a varchar; NOT NULL DEFAULT '' unless told otherwise."""
    return Column(name, String(length), nullable=null, server_default=None if null else default)


def letter(name: str, default: str | None = "", *, null: bool = False) -> Column[Any]:
    """Return a char(1); NOT NULL DEFAULT '' unless told otherwise."""
    return Column(name, CHAR(1), nullable=null, server_default=None if null else default)


def text(name: str, *, null: bool = False) -> Column[Any]:
    """Return a text column (64 KiB on MySQL)."""
    return Column(name, Text, nullable=null)


def moment(name: str, *, null: bool = False) -> Column[Any]:
    """Return a datetime without a default, in the database server's own zone."""
    return Column(name, _MOMENT, nullable=null)


def choice(name: str, values: tuple[str, ...], default: str) -> Column[Any]:
    """Return an enum on MySQL, a short string elsewhere."""
    kind = String(16).with_variant(mysql.ENUM(*values), "mysql", "mariadb")
    return Column(name, kind, nullable=False, server_default=default)


def stamps() -> tuple[Column[Any], Column[Any]]:
    """Return ``created`` and ``updated``, NOT NULL, without defaults, as most of osTicket's tables end."""
    return moment("created"), moment("updated")


def indexes(table: Table, *keys: str, unique: tuple[str, ...] = (), **several: tuple[str, ...]) -> None:
    """Give ``table`` its indexes under osTicket's own names on MySQL; SQLite's names are per database, hence longer.

    Args:
        table: the table, with its columns.
        keys: columns with an index of their own, named as the column.
        unique: names among all of these whose index is unique.
        several: the columns of any other index, by its name.
    """
    for name, columns in [*((key, (key,)) for key in keys), *several.items()]:
        parts = [table.c[column] for column in columns]
        for dialect, label in (("mysql", name), ("mariadb", name), ("sqlite", f"{table.name}__{name}")):
            Index(label, *parts, unique=name in unique, info={"dialect": dialect}).ddl_if(dialect=dialect)
