"""Faults 18 to 20, 22 and 27: what changes at once, without a trace, backwards or out of order."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exporter.osticket import scan
from exporter.osticket.database import Session
from exporter.osticket.words import Scan
from tests.osticket.helpdesk import NOW, HelpDesk, clock
from tests.osticket.service import Service, Start

MANY = 100_000
EVENTS = "osticket_ticket_events_total"


def add_many(desk: HelpDesk, first: int = 1_000, number: int = MANY) -> None:
    """Import tickets, with their threads and the events of their creation, by SQL."""
    at, last = clock(NOW - 1000), first + number - 1
    desk.sql(
        "BEGIN",
        "INSERT INTO ost_ticket (ticket_id, user_id, status_id, dept_id, topic_id, created, updated, lastupdate)"
        f" SELECT seq, 1 + seq % 60, 1 + 2*(seq % 2), 1, 1, '{at}', '{at}', '{at}' FROM seq_{first}_to_{last}",
        "INSERT INTO ost_thread (id, object_id, object_type, created)"
        f" SELECT seq + 7, seq, 'T', '{at}' FROM seq_{first}_to_{last}",
        "INSERT INTO ost_thread_event (thread_id, thread_type, event_id, staff_id, team_id, dept_id, topic_id,"
        f" username, uid_type, timestamp) SELECT seq + 7, 'T', 1, 0, 0, 1, 1, 'x', 'U', '{at}'"
        f" FROM seq_{first}_to_{last}",
        "COMMIT",
    )


def assert_counts(service: Service, desk: HelpDesk) -> None:
    """See that tickets by state and events by kind are as many as SQL counts; for desks too large for the oracle."""
    states = dict(
        desk.rows(
            "SELECT s.state, COUNT(*) FROM ost_ticket t JOIN ost_ticket_status s ON s.id=t.status_id GROUP BY s.state"
        )
    )
    events = dict(
        desk.rows(
            "SELECT e.name, COUNT(*) FROM ost_thread_event t JOIN ost_event e ON e.id=t.event_id"
            " WHERE t.thread_type='T' GROUP BY e.name"
        )
    )
    assert {state: int(service.sum("osticket_tickets", state=state)) for state in states} == states
    assert {event: int(service.sum(EVENTS, event=event)) for event in events} == events
    assert service.record.rows == desk.value("SELECT COUNT(*) FROM ost_ticket")


def test_100_000_tickets_at_once(desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """100 000 tickets are imported, all changed by a bulk UPDATE, and deleted, with few or no traces (18, 19).

    The import shows at the next refresh, the others at the next reconciliation; nothing fails.
    """
    caplog.set_level(logging.INFO)
    options = {"exclude": {"auto_replies": False}, "statement_timeout": 10}
    service = start(desk.url, **options)
    assert service.refresh(0)
    add_many(desk)
    assert service.refresh()
    assert "ost_ticket grew by" in caplog.text
    assert_counts(service, desk)
    desk.sql("UPDATE ost_ticket SET status_id=4-status_id WHERE status_id IN (1,3)")
    assert service.refresh()
    assert service.reconcile()
    assert (
        f"reconciled, {desk.value('SELECT COUNT(*) FROM ost_ticket WHERE status_id IN (1,3)')} tickets" in caplog.text
    )
    assert_counts(service, desk)
    desk.sql("DELETE FROM ost_ticket WHERE ticket_id >= 1000")
    assert service.reconcile()
    assert_counts(service, desk)
    assert service.record.failures == 0


def test_deleted_tickets_as_osticket_deletes_them(desk: HelpDesk, start: Start) -> None:
    """Deletions with their traces show at the next refresh, also as many as are better read anew (fault 18)."""
    add_many(desk, number=60_000)
    service = start(desk.url, exclude={"auto_replies": False}, statement_timeout=10)
    assert service.refresh(0)
    for condition in ("object_id BETWEEN 100 AND 150", "object_id >= 1000"):
        deleted = f"SELECT id FROM ost_thread WHERE object_type='T' AND {condition}"
        desk.sql(
            "INSERT INTO ost_thread_event (thread_id, thread_type, event_id, staff_id, team_id, dept_id, topic_id,"
            f" username, uid_type, timestamp) SELECT id, 'T', 14, 0, 0, 1, 1, 'x', 'S', '{clock(NOW)}' FROM ost_thread"
            f" WHERE object_type='T' AND {condition}",
            f"DELETE FROM ost_ticket WHERE {condition.replace('object_id', 'ticket_id')}",
            f"UPDATE ost_thread_event SET thread_id=0 WHERE event_id<>14 AND thread_id IN ({deleted})",
            f"DELETE FROM ost_thread WHERE object_type='T' AND {condition}",
        )
        assert service.refresh()
        assert_counts(service, desk)
    assert service.record.failures == 0


def test_restore_of_an_older_backup(desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """When ids fall below those that were seen, everything is read again, at once (fault 20)."""
    for number in range(5):
        desk.close_ticket(desk.add_ticket(NOW - 100), NOW - 50 + number)
    service = start(desk.url)
    assert service.refresh(0)
    desk.restore()
    for table in ("ticket", "thread", "thread_event", "thread_entry"):
        desk.sql(f"ALTER TABLE ost_{table} AUTO_INCREMENT=1")
    assert desk.add_ticket(NOW) == 201
    assert service.refresh()
    service.assert_right()
    assert "the event log is shorter than before" in caplog.text


@contextmanager
def out_of_order(desk: HelpDesk) -> Iterator[None]:
    """Open and answer tickets in two sessions; that with the lower ids commits last, after the block."""
    at = clock(NOW)
    with desk.connection(autocommit=False) as connection, connection.cursor() as early:
        early.execute(
            "INSERT INTO ost_ticket (user_id, status_id, dept_id, topic_id, created, updated)"
            f" VALUES (3, 1, 1, 1, '{at}', '{at}')"
        )
        ticket = early.lastrowid
        early.execute(f"INSERT INTO ost_thread (object_id, object_type, created) VALUES ({ticket}, 'T', '{at}')")
        thread = early.lastrowid
        for event in (1, 2):
            early.execute(
                "INSERT INTO ost_thread_event (thread_id, thread_type, event_id, staff_id, team_id, dept_id, topic_id,"
                f" username, uid_type, timestamp) VALUES ({thread}, 'T', {event}, 0, 0, 1, 1, 'x', 'U', '{at}')"
            )
        early.execute(
            "INSERT INTO ost_thread_entry (thread_id, type, poster, source, body, ip_address, created, updated)"
            f" VALUES (17, 'R', '', '', '', '', '{at}', '{at}')"
        )
        desk.close_ticket(desk.add_ticket(NOW), NOW + 1)
        yield
        connection.commit()


@pytest.mark.parametrize("first", [True, False], ids=["before the first refresh", "later"])
def test_ids_that_become_visible_out_of_order(desk: HelpDesk, start: Start, *, first: bool) -> None:
    """What an earlier transaction commits after a later one is found by the next refresh (fault 22)."""
    desk.sql("UPDATE ost_thread_entry SET type='N' WHERE thread_id=17 AND type='R'")  # not answered so far
    service = start(desk.url)
    if not first:
        assert service.refresh(0)
    with out_of_order(desk):
        assert service.refresh()
        service.assert_right()
    assert service.refresh()
    service.assert_right()
    assert service.refresh()
    service.assert_right()
    assert service.record.failures == 0


@pytest.mark.parametrize(
    ("purge", "seconds", "said"),
    [
        ("id < 200", 600, "the event log was shortened (created 200 -> 134"),
        ("id > 200", 60, "the event log is shorter than before"),
        ("id > 0", 60, "the event log is shorter than before"),
        ("id > 0", 600, "the event log is shorter than before"),
    ],
    ids=["the oldest", "the newest", "all", "all, found late"],
)
def test_purged_event_log(  # noqa: PLR0917  pytest gives them by name
    desk: HelpDesk, start: Start, caplog: pytest.LogCaptureFixture, purge: str, seconds: float, said: str
) -> None:
    """A purged log is said; its counters go on from what is left, which Prometheus takes for a reset (fault 27)."""
    service = start(desk.url)
    assert service.refresh(0)
    before = service.sum(EVENTS)
    desk.sql(f"DELETE FROM ost_thread_event WHERE {purge}")
    assert service.refresh(seconds)
    assert said in caplog.text
    service.assert_right()
    assert service.sum(EVENTS) < before
    assert service.refresh()
    service.assert_right()


def test_growing_log_without_snapshots(desk: HelpDesk, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """On MyISAM tables, which have no snapshots, an event that is logged during the first load is counted once."""
    original = scan.bounds
    grown = False

    def while_reading(session: Session, rows: Scan) -> tuple[int, int]:
        nonlocal grown
        if not grown and rows.source == "`ost_thread_entry`":  # the end of the log has been noted, nothing read of it
            grown = True
            desk.close_ticket(desk.add_ticket(NOW), NOW + 1)
        return original(session, rows)

    tables = ("ticket", "thread", "thread_event", "thread_entry")
    try:
        for table in tables:
            desk.sql(f"ALTER TABLE ost_{table} ENGINE=MyISAM")
        service = start(desk.url)
        monkeypatch.setattr(scan, "bounds", while_reading)
        assert service.refresh(0)
        assert grown
        assert service.refresh()
        service.assert_right()
    finally:
        for table in tables:
            desk.sql(f"ALTER TABLE ost_{table} ENGINE=InnoDB")
