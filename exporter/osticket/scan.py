"""Bulk readings: ranges of keys with one query ahead, or lists of keys."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from exporter.errors import DatabaseError
from exporter.osticket.database import Session
from exporter.osticket.dialect import ROWS_PER_VALUE, Words
from exporter.osticket.words import Scan

IDS_PER_LIST = 2_000


def whole(session: Session, scan: Scan, high: int | None = None) -> Iterator[Words]:
    """Yield the whole table, or all up to a key, in ascending ranges of the key.

    The next range is asked for while the caller works on the one before: the server and NumPy work side by side.
    """
    low, highest = bounds(session, scan)
    high = highest if high is None else high
    if session.connection.dialect.name == "sqlite":
        yield between(session, scan, low, high)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="osticket-read") as ahead:
        pending = ahead.submit(_next_range, session, scan, low, high)
        while True:
            matrix, following = pending.result()
            if following > high:
                yield matrix
                return
            pending = ahead.submit(_next_range, session, scan, following, high)
            yield matrix


def bounds(session: Session, scan: Scan) -> tuple[int, int]:
    """Return the lowest and highest key; (1, 0) for an empty table."""
    low, high = session.raw(f"SELECT MIN({scan.key}), MAX({scan.key}) FROM {scan.source}")[0]
    return (1, 0) if low is None else (int(low), int(high))


def _next_range(session: Session, scan: Scan, low: int, high: int) -> tuple[Words, int]:
    last = min(low + ROWS_PER_VALUE - 1, high)
    matrix = between(session, scan, low, last)
    if len(matrix) or last >= high:
        return matrix, last + 1
    # A gap in the keys (a restored or cleaned table) is jumped over, not walked through.
    following = session.raw(f"SELECT MIN({scan.key}) FROM {scan.source} WHERE {scan.key}>{last}")[0][0]
    return matrix, high + 1 if following is None else int(following)


def between(session: Session, scan: Scan, low: int, high: int) -> Words:
    """Read the rows whose key lies in a closed range."""
    return _read(session, scan, f"{scan.key} BETWEEN {low} AND {high}")


def among(session: Session, scan: Scan, column: str, keys: npt.NDArray[np.integer]) -> Words:
    """Read the rows whose column has one of the values; the column should have an index."""
    parts = [
        _read(session, scan, f"{column} IN ({','.join(map(str, keys[start : start + IDS_PER_LIST].tolist()))})")
        for start in range(0, len(keys), IDS_PER_LIST)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(scan.words)), dtype=np.uint32)


def _read(session: Session, scan: Scan, where: str) -> Words:
    condition = f"{where} AND {scan.keep}" if scan.keep else where
    rows = session.raw(session.dialect.select(scan.words, scan.source, condition))
    try:
        return session.dialect.matrix(rows, len(scan.words))
    except ValueError as error:
        raise DatabaseError(
            f"reading {scan.source}: {error}; raise max_allowed_packet on the server to at least 4 MiB"
        ) from error
