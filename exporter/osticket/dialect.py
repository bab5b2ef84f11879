"""What differs between MySQL/MariaDB and SQLite, and how integer columns are read fast.

A *word* is an SQL expression whose value is a whole number from 0 to 2**31 - 1. Rows of words are read as one matrix.
MySQL and MariaDB pack them: ``CHAR(word | 0x80000000, …)`` is exactly four bytes a word, ``GROUP_CONCAT`` joins the
rows of a range of keys to one value, and NumPy takes the bytes as they are: 20 000 rows cost one value, not 20 000
Python tuples (measured: docs/architecture.md).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

TOP_BIT: Final = 0x80000000
MASK: Final = np.uint32(0x7FFFFFFF)
# Day numbers are those of TO_DAYS, which counts from the year 0 and knows no zero dates; 0 and 1 are never real.
NO_DAY: Final = 0
BAD_DAY: Final = 1
# 0001-01-01: the days before it are of the year 0, which is no year but a half-zero date.
_FIRST_DAY: Final = 366
_DAYS_BEFORE_1970: Final = 719_528
_JULIAN_OF_DAY_0: Final = 1_721_059.5
# Rows packed into one value: a compromise between round trips and the server's memory.
ROWS_PER_VALUE: Final = 20_000
PACKED_BYTES: Final = 8 * 1024 * 1024


class Dialect(Protocol):
    """SQL fragments of one kind of server."""

    begin: Sequence[str]
    version: str

    def date(self, column: str) -> list[str]:
        """Return two words: the day (``BAD_DAY`` for a zero date, ``NO_DAY`` for NULL) and the second of the day."""
        ...

    def code(self, column: str) -> str:
        """Return a word: the code point of the text's first character, 0 for an empty one and NULL."""
        ...

    def choice(self, column: str, options: Sequence[str]) -> str:
        """Return a word: 1 for the first option, 2 for the second …, 0 for any other value and NULL."""
        ...

    def checksum(self, words: Sequence[str]) -> str | None:
        """Return a word: the CRC-32 of the row's words, each as four big-endian bytes; None where there is none."""
        ...

    def select(self, words: Sequence[str], source: str, where: str) -> str:
        """Return a SELECT for the matrix of words, read by :meth:`matrix`."""
        ...

    def matrix(self, rows: Sequence[Sequence[Any]], width: int) -> Words:
        """Turn the rows of such a SELECT into a matrix (rows by words).

        Raises:
            ValueError: the server cut the packed value short.
        """
        ...


class MySQL:
    """MySQL 5.7 to 9 and MariaDB."""

    begin: Sequence[str] = ("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",)
    version = "SELECT VERSION()"

    @staticmethod
    def limits(statement_timeout: float) -> Sequence[str]:
        """Return the statements that limit a statement's time, of which a server knows one: MariaDB's, then MySQL's.

        The version does not tell which: proxies greet in the name of another server.
        """
        return (
            f"SET SESSION max_statement_time={statement_timeout:.3f}",
            f"SET SESSION max_execution_time={int(statement_timeout * 1000)}",
        )

    @staticmethod
    def prepare(statement_timeout: float) -> Sequence[str]:
        """Return the statements for a new connection: read-only, timeouts, osTicket's own clock (reference A6)."""
        return [
            "SET SESSION TRANSACTION READ ONLY",
            f"SET SESSION lock_wait_timeout={max(1, int(statement_timeout))}",
            # osTicket writes in the server's system zone, whatever the global zone says.
            "SET SESSION time_zone='SYSTEM'",
            "SET SESSION sql_mode=''",
            f"SET SESSION group_concat_max_len={PACKED_BYTES}",
        ]

    def date(self, column: str) -> list[str]:
        """See :class:`Dialect`."""
        day = f"IF({column} IS NULL,{NO_DAY},COALESCE(TO_DAYS({column}),{BAD_DAY}))"
        return [day, f"COALESCE(TIME_TO_SEC({column}),0)"]

    def code(self, column: str) -> str:
        """See :class:`Dialect`."""
        return f"COALESCE(ORD({column}),0)"

    def choice(self, column: str, options: Sequence[str]) -> str:
        """See :class:`Dialect`."""
        return f"COALESCE(FIELD({column},{_quoted(options)}),0)"

    def checksum(self, words: Sequence[str]) -> str:
        """See :class:`Dialect`."""
        return f"CRC32({_packed(words)})"

    def select(self, words: Sequence[str], source: str, where: str) -> str:
        """See :class:`Dialect`."""
        return f"SELECT COUNT(*),GROUP_CONCAT({_packed(words)} SEPARATOR '') FROM {source} WHERE {where}"

    def matrix(self, rows: Sequence[Sequence[Any]], width: int) -> Words:
        """See :class:`Dialect`."""
        count, packed = int(rows[0][0]), rows[0][1]
        data = b"" if packed is None else packed if isinstance(packed, bytes) else str(packed).encode("latin-1")
        if len(data) != count * width * 4:
            raise ValueError(f"{count} rows of {width} words, but {len(data)} bytes: max_allowed_packet is too small")
        words: Words = np.frombuffer(data, dtype=">u4").reshape(count, width) & MASK
        return words


class SQLite:
    """SQLite, for the demo database."""

    begin: Sequence[str] = ()
    version = "SELECT sqlite_version()"

    def date(self, column: str) -> list[str]:
        """See :class:`Dialect`."""
        day = f"CAST(julianday(substr({column},1,10)) - {_JULIAN_OF_DAY_0} AS INTEGER)"
        hours, minutes, seconds = (f"CAST(substr({column},{start},2) AS INTEGER)" for start in (12, 15, 18))
        return [
            f"CASE WHEN {column} IS NULL THEN {NO_DAY} ELSE COALESCE({day},{BAD_DAY}) END",
            f"COALESCE({hours}*3600+{minutes}*60+{seconds},0)",
        ]

    def code(self, column: str) -> str:
        """See :class:`Dialect`."""
        return f"COALESCE(unicode({column}),0)"

    def choice(self, column: str, options: Sequence[str]) -> str:
        """See :class:`Dialect`."""
        cases = " ".join(f"WHEN '{option}' THEN {place}" for place, option in enumerate(options, 1))
        return f"CASE {column} {cases} ELSE 0 END"

    def checksum(self, words: Sequence[str]) -> None:
        """SQLite has no checksum; its demo databases are small enough to be read again."""

    def select(self, words: Sequence[str], source: str, where: str) -> str:
        """See :class:`Dialect`."""
        return f"SELECT {','.join(words)} FROM {source} WHERE {where}"

    def matrix(self, rows: Sequence[Sequence[Any]], width: int) -> Words:
        """See :class:`Dialect`."""
        if not rows:
            return np.empty((0, width), dtype=np.uint32)
        return (np.array(rows, dtype=np.int64) & 0x7FFFFFFF).astype(np.uint32)


def _quoted(options: Sequence[str]) -> str:
    return ",".join(f"'{option}'" for option in options)


def _packed(words: Sequence[str]) -> str:
    return "CHAR(" + ",".join(f"({word})|{TOP_BIT}" for word in words) + ")"


def checksums(words: Words) -> npt.NDArray[np.uint32]:
    """Return the CRC-32 of each row as :meth:`Dialect.checksum` does: a table look-up a byte, all rows at once."""
    data = (words | np.uint32(TOP_BIT)).astype(">u4").view(np.uint8).reshape(len(words), 4 * words.shape[1])
    table = _crc_table()
    state = np.full(len(words), 0xFFFFFFFF, dtype=np.uint32)
    for column in range(data.shape[1]):
        state = table[(state ^ data[:, column]) & 0xFF] ^ (state >> np.uint32(8))
    return ~state


@cache
def _crc_table() -> npt.NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
    return table


def seconds(days: Words, of_day: Words) -> npt.NDArray[np.int64]:
    """Turn the two words of a date into clock seconds since 1970-01-01 00:00, ``BAD`` or ``MISSING``."""
    number = days.astype(np.int64)
    result: npt.NDArray[np.int64] = (number - _DAYS_BEFORE_1970) * 86_400 + of_day
    result[number < _FIRST_DAY] = BAD
    result[number == NO_DAY] = MISSING
    return result


# Far outside every date (years 1 to 9999), and apart from each other.
BAD: Final = -(2**61)
MISSING: Final = -(2**62)
