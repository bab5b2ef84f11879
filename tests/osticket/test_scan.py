from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy.engine import make_url

from exporter.osticket import scan
from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.dialect import ROWS_PER_VALUE
from exporter.osticket.words import Scan
from tests.osticket.helpdesk import HelpDesk
from tests.osticket.service import Start

ROWS = Scan("`numbers`", "id", ["id", "half"])


@pytest.fixture
def session(desk: HelpDesk) -> Iterator[Session]:
    """A session on a table of numbers and their halves: 1 to 10, 3 000 000 to 3 050 000, and 900 000 000."""
    desk.sql(
        "CREATE TABLE numbers (id INT PRIMARY KEY, half INT NOT NULL)",
        "INSERT INTO numbers SELECT seq, seq DIV 2 FROM seq_1_to_10",
        "INSERT INTO numbers SELECT seq, seq DIV 2 FROM seq_3000000_to_3050000",
        "INSERT INTO numbers VALUES (900000000, 450000000)",
    )
    database = Database(Settings(make_url(desk.url), lambda: None, 5.0))
    with database.session() as opened:
        yield opened
    database.close()
    desk.sql("DROP TABLE numbers")


def test_gaps_in_keys_are_jumped_over(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows come once, in order; a gap of 900 million costs two statements, not 45 000."""
    statements: list[str] = []
    original = Session.raw

    def counted(own: Session, sql: str) -> list[tuple[object, ...]]:
        statements.append(sql)
        return original(own, sql)

    monkeypatch.setattr(Session, "raw", counted)
    chunks = list(scan.whole(session, ROWS))
    matrix = np.concatenate(chunks)
    assert matrix[:, 0].tolist() == [*range(1, 11), *range(3_000_000, 3_050_001), 900_000_000]
    assert (matrix[:, 1] == matrix[:, 0] // 2).all()
    assert max(map(len, chunks)) == ROWS_PER_VALUE
    assert len(statements) < 12


def test_reading_ends_at_a_key(session: Session) -> None:
    """What lies beyond a given key is not read, also when it lies in a gap."""
    for high, last in ((3_000_005, 3_000_005), (2_000_000, 10), (5, 5)):
        matrix = np.concatenate(list(scan.whole(session, ROWS, high)))
        assert int(matrix[-1, 0]) == last


def test_rows_of_interest_only(session: Session) -> None:
    """A condition leaves rows out, whole ranges too."""
    kept = Scan(ROWS.source, ROWS.key, ROWS.words, "half > 400000000")
    assert np.concatenate(list(scan.whole(session, kept))).tolist() == [[900_000_000, 450_000_000]]


def test_empty_table(session: Session) -> None:
    """An empty table has no bounds, and is one matrix without rows."""
    empty = Scan("(SELECT id FROM numbers WHERE id=0) AS nothing", "id", ["id"])
    assert scan.bounds(session, empty) == (1, 0)
    assert [part.shape for part in scan.whole(session, empty)] == [(0, 1)]


def test_lists_of_keys(session: Session) -> None:
    """Any number of keys is looked up in lists; no key is no statement."""
    keys = np.arange(3_000_000, 3_005_000, dtype=np.int64)
    assert np.sort(scan.among(session, ROWS, "id", keys)[:, 0]).tolist() == keys.tolist()
    assert scan.among(session, ROWS, "id", keys[:0]).shape == (0, 2)


def test_a_packet_that_is_too_small(victim: HelpDesk, start: Start) -> None:
    """A server whose packets hold less than a range of tickets is told which setting to raise, never read in part."""
    victim.sql(
        "INSERT INTO ost_ticket (ticket_id, user_id, created, updated) SELECT seq, 1, '2026-01-01', '2026-01-01'"
        " FROM seq_1000_to_16000"
    )
    service = start(victim.url, statement_timeout=10)
    try:
        victim.sql("SET GLOBAL max_allowed_packet=1048576")
        service.assert_fails("reading `ost_ticket`", "raise max_allowed_packet on the server to at least 4 MiB")
        victim.sql("SET GLOBAL max_allowed_packet=4194304")
        service.assert_recovers()
    finally:
        victim.sql("SET GLOBAL max_allowed_packet=16777216")
