"""Cold load, refresh after 100 changes and reconciliation of the tickets collector, at three sizes.

Each measurement runs in a process of its own, so that its peak memory is its own; the server is a private MariaDB.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pandas as pd
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from bench.databases import big_database
from exporter.departments import Directory, Schools
from exporter.osticket import scan, words
from exporter.osticket.collector import Publishing, RealSource, TicketCollector
from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.desk import Options
from exporter.osticket.schema import detect
from exporter.people import Pseudonyms
from tests.servers import MariaDB

SIZES: Final = (6_000, 100_000, 1_000_000)
CHANGES: Final = 100
REPEATS: Final = 5

# What a generic SQL exporter asks at every scrape to answer a part of what we publish.
_QUESTIONS: Final = (
    "SELECT s.state, COUNT(*) FROM ost_ticket t JOIN ost_ticket_status s ON s.id=t.status_id GROUP BY 1",
    "SELECT dept_id, status_id, COUNT(*) FROM ost_ticket GROUP BY 1, 2",
    "SELECT topic_id, status_id, COUNT(*) FROM ost_ticket GROUP BY 1, 2",
    "SELECT source, status_id, COUNT(*) FROM ost_ticket GROUP BY 1, 2",
    "SELECT DATE_FORMAT(created,'%Y-%m'), COUNT(*) FROM ost_ticket GROUP BY 1",
    "SELECT user_id, COUNT(*) FROM ost_ticket GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
    (
        "SELECT v.value_id, COUNT(*) FROM ost_ticket t JOIN ost_form_entry e ON e.object_id=t.ticket_id AND"
        " e.object_type='T' JOIN ost_form_entry_values v ON v.entry_id=e.id AND v.value_id IS NOT NULL GROUP BY 1"
    ),
    (
        "SELECT SUM(TIMESTAMPDIFF(SECOND,created,closed)<=86400), SUM(TIMESTAMPDIFF(SECOND,created,closed)<=2592000)"
        " FROM ost_ticket"
    ),
)


def rows() -> list[tuple[str, str, str, str]]:
    """Return rows (work, naive, ours, target)."""
    found = []
    with MariaDB("--innodb-buffer-pool-size=2G", "--tmp-table-size=256M") as server:
        for size in SIZES:
            url = server.create(f"bench_{size}")
            big_database(url, size)
            naive_load, ours = _child("naive", url), _child("ours", url)
            found += _rows(size, naive_load, ours)
            server.execute(f"DROP DATABASE bench_{size}")
    return found


def _rows(size: int, naive: dict[str, float], ours: dict[str, float]) -> list[tuple[str, str, str, str]]:
    million = size == SIZES[-1]
    return [
        (
            f"cold load of {size:,} tickets: the ticket table",
            f"{naive['load']:.2f} s, {naive['peak']:.0f} MB (pandas.read_sql)",
            f"{ours['rows']:.2f} s",
            "≤ 3 s" if million else "",
        ),
        (
            f"cold load of {size:,} tickets: everything, first families included",
            "",
            f"{ours['load']:.2f} s, peak {ours['peak']:.0f} MB",
            "≤ 500 MB" if million else "",
        ),
        (
            f"refresh after {CHANGES} changed tickets of {size:,}",
            f"{naive['refresh']:.2f} s of the database ({len(_QUESTIONS)} questions with GROUP BY)",
            f"{ours['refresh']:.3f} s, the database {ours['database'] * 1000:.0f} ms of it (medians of {REPEATS})",
            "≤ 0.25 s, ≤ 20 ms",
        ),
        (f"reconciliation of {size:,} tickets", "", f"{ours['reconcile']:.2f} s", ""),
    ]


def _child(kind: str, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.tickets", kind, url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def naive(url: str) -> dict[str, float]:
    """Read the ticket table row by row, then ask the questions of a generic exporter."""
    engine = create_engine(url)
    columns = (
        "ticket_id,ticket_pid,user_id,status_id,dept_id,sla_id,topic_id,staff_id,team_id,flags,source,isanswered,"
        "created,closed,lastupdate,duedate,est_duedate"
    )
    with engine.connect() as connection:
        query = text(f"SELECT {columns} FROM ost_ticket")
        load = _timed(lambda: pd.read_sql(query, connection))
        refresh = _timed(lambda: [connection.execute(text(question)).fetchall() for question in _QUESTIONS])
    return {"load": load, "peak": _peak(), "refresh": refresh}


class Watched(Database):
    """A database that remembers how long its last session waited for the server."""

    seconds = 0.0

    @contextmanager
    def session(self) -> Iterator[Session]:
        """See :meth:`Database.session`."""
        with super().session() as session:
            yield session
            self.seconds = session.seconds


def ours(url: str) -> dict[str, float]:
    """Run the collector as the service does, with 100 tickets changed between refreshes."""
    address = make_url(url)
    database = Watched(Settings(address.set(password=None), lambda: str(address.password), 60.0))
    publishing = Publishing(Schools(), Pseudonyms("hash", b"0" * 32))
    collector = TicketCollector(
        RealSource(database), Options(), publishing, Directory(), interval=60.0, reconcile=10_000.0
    )
    now = time.time()
    row_seconds = _row_seconds(database)
    load = _timed(lambda: collector.refresh(now))
    tickets = collector.refresh(now).rows
    engine = create_engine(url)
    generator = random.Random(1)
    refreshes, asked = [], []
    for repeat in range(REPEATS):
        _change(engine, tickets, generator)
        refreshes.append(_timed(lambda at=repeat: collector.refresh(now + at)))  # type: ignore[misc]  # default binds
        asked.append(database.seconds)
    reconcile = _timed(lambda: collector.refresh(now + 20_000))
    return {
        "rows": row_seconds,
        "load": load,
        "peak": _peak(),
        "refresh": sorted(refreshes)[REPEATS // 2],
        "database": sorted(asked)[REPEATS // 2],
        "reconcile": reconcile,
    }


def _row_seconds(database: Database) -> float:
    """Time the packed reading of the ticket table alone."""
    with database.session() as session:
        rows = words.tickets(detect(session, "ost_"), session.dialect)
        return _timed(lambda: [len(matrix) for matrix in scan.whole(session, rows)])


def _change(engine: Engine, tickets: int, generator: random.Random) -> None:
    """Do to 100 tickets what osTicket does when an agent assigns one: change the row, log an event."""
    chosen = [{"id": generator.randint(1, tickets)} for _ in range(CHANGES)]
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE ost_ticket SET staff_id=1+staff_id%5, updated=NOW() WHERE ticket_id=:id"), chosen
        )
        connection.execute(
            text(
                "INSERT INTO ost_thread_event (thread_id,thread_type,event_id,staff_id,team_id,dept_id,topic_id,"
                "username,uid,uid_type,annulled,timestamp) SELECT id,'T',4,1,0,1,1,'agent',1,'S',0,NOW()"
                " FROM ost_thread WHERE object_type='T' AND object_id=:id"
            ),
            chosen,
        )


def main() -> None:
    """Command line: without arguments the table; ``naive URL`` and ``ours URL`` are the children."""
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps({"naive": naive, "ours": ours}[sys.argv[1]](sys.argv[2])))
    else:
        for row in rows():
            print(" | ".join(row))


if __name__ == "__main__":
    main()
