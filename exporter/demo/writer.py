"""Columns into tables, fast: ``executemany`` on SQLite, statements of many rows on MySQL and MariaDB."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pymysql.converters import escape_string
from sqlalchemy import Connection, Table

Ints = npt.NDArray[np.int64]
Value = int | str | None

_CHUNK: Final = 2000  # rows per statement: well below the smallest max_allowed_packet, 1 MiB


@dataclass(frozen=True, slots=True)
class Words:
    """A text per row, taken by index from a pool; index -1 is NULL."""

    pool: Sequence[str]
    index: Ints


@dataclass(frozen=True, slots=True)
class Moments:
    """A datetime per row, seconds since the epoch, written in UTC; negative is NULL."""

    values: Ints


@dataclass(frozen=True, slots=True)
class Nullable:
    """A number per row; negative is NULL."""

    values: Ints


@dataclass(frozen=True, slots=True)
class Each:
    """A text per row, made when it is written: ``make(start, stop)`` returns those of the rows in between."""

    make: Callable[[int, int], list[str]]


Column = Ints | Words | Moments | Nullable | Each | int | str | None
"""Numbers, one of the kinds above, or one value for all rows."""
Columns = Mapping[str, Column]


def write(connection: Connection, table: Table, size: int, columns: Columns) -> int:
    """Insert ``size`` rows, given column by column, and return their number.

    Args:
        connection: inside a transaction, its session set up by :func:`exporter.demo.schema.like_osticket`.
        table: where to.
        size: number of rows.
        columns: by column name; columns that are not named take the table's defaults.
    """
    quote = connection.dialect.identifier_preparer.quote
    head = f"INSERT INTO {quote(table.name)} ({', '.join(quote(name) for name in columns)}) VALUES "
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        row = f"({', '.join('?' * len(columns))})"
        for chunk in _chunks(size, columns, literal=False):
            cursor.executemany(head + row, chunk)
    else:
        for chunk in _chunks(size, columns, literal=True):
            cursor.execute(f"{head}({'),('.join(map(','.join, chunk))})")
    cursor.close()
    return size


def _chunks(size: int, columns: Columns, *, literal: bool) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows by the thousands, as values or as SQL literals."""
    pools = {
        name: np.array(
            [_literal(text) if literal else text for text in column.pool] + [_literal(None) if literal else None],
            dtype=object,
        )
        for name, column in columns.items()
        if isinstance(column, Words)
    }
    for start in range(0, size, _CHUNK):
        stop = min(start + _CHUNK, size)
        parts: list[Sequence[Any]] = []
        for name, column in columns.items():
            if isinstance(column, Words):
                parts.append(pools[name][column.index[start:stop]].tolist())
            else:
                values = _values(column, start, stop)
                parts.append(_literals(column, values) if literal else values)
        yield list(zip(*parts, strict=True))


def _values(column: Ints | Moments | Nullable | Each | int | str | None, start: int, stop: int) -> Sequence[Value]:
    if isinstance(column, np.ndarray):
        numbers: list[Value] = column[start:stop].tolist()
        return numbers
    if isinstance(column, Moments):
        return moment_texts(column.values[start:stop])
    if isinstance(column, Nullable):
        return [None if value < 0 else value for value in column.values[start:stop].tolist()]
    if isinstance(column, Each):
        return column.make(start, stop)
    return [column] * (stop - start)


def _literals(column: Ints | Moments | Nullable | Each | int | str | None, values: Sequence[Value]) -> Sequence[str]:
    if column is None or isinstance(column, int | str):
        return [_literal(column)] * len(values)
    if isinstance(column, np.ndarray):
        return list(map(str, values))
    if isinstance(column, Moments):
        return ["NULL" if value is None else f"'{value}'" for value in values]
    return list(map(_literal, values))


def _literal(value: Value) -> str:
    if value is None:
        return "NULL"
    return f"'{escape_string(value)}'" if isinstance(value, str) else str(value)


def moment_texts(seconds: Ints) -> list[Value]:
    """Return ``YYYY-MM-DD HH:MM:SS`` in UTC of each moment, None of negative ones."""
    day, second = np.divmod(seconds, 86_400)
    days, place = np.unique(day, return_inverse=True)
    names = np.array([f"{text} " for text in np.datetime_as_string(days.astype("datetime64[D]"))], dtype=object)
    texts = names[place] + _times()[second]
    texts[seconds < 0] = None
    result: list[Value] = texts.tolist()
    return result


@cache
def _times() -> npt.NDArray[Any]:
    """Return the 86 400 times of a day."""
    return np.array(
        [f"{hour:02}:{minute:02}:{second:02}" for hour in range(24) for minute in range(60) for second in range(60)],
        dtype=object,
    )
