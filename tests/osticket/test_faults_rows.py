"""Faults 11 to 17: rows that contradict themselves, point nowhere, or hold what no label may."""

import pytest

from exporter.osticket.schema import NEEDED
from tests.osticket.helpdesk import NOW, HelpDesk, clock
from tests.osticket.service import Service, Start

ANOMALIES = "umbrella_osticket_anomalies"
TABLES = (*NEEDED, "event")


def anomalies(service: Service) -> dict[str, float]:
    """Return the anomalies that there are, by kind."""
    kinds = service.labels(ANOMALIES, "kind")
    return {kind: number for kind in kinds if (number := service.sum(ANOMALIES, kind=kind))}


def see(service: Service, desk: HelpDesk, *statements: str) -> None:
    """Damage some rows, and see it in the reconciliation, in a new ticket's update, and after a fresh start."""
    assert service.refresh(0)
    desk.sql(*statements)
    assert service.reconcile()
    service.assert_right()
    ticket = desk.add_ticket(NOW)
    desk.close_ticket(ticket, NOW + 5)
    assert service.refresh()
    service.assert_right()
    assert service.record.failures == 0


def test_null_everywhere(desk: HelpDesk, start: Start) -> None:
    """Every column that the schema lets be NULL is NULL (fault 11)."""
    nullable = desk.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema=DATABASE()"
        " AND is_nullable='YES'"
    )
    read = [f"UPDATE `{table}` SET `{column}`=NULL" for table, column in nullable if table[4:] in TABLES]
    assert len(read) > 20
    service = start(desk.url, subjects=("x",))
    see(service, desk, *read)
    assert service.sum("osticket_tickets", state="unknown") == service.record.rows - service.sum(
        "osticket_excluded_tickets"
    )


@pytest.mark.parametrize("date", ["0000-00-00 00:00:00", "2024-00-10 10:00:00", "2024-05-00", "0000-05-05 00:00:00"])
def test_zero_dates(desk: HelpDesk, start: Start, date: str) -> None:
    """Zero and half-zero dates are no dates; they are counted (fault 12)."""
    service = start(desk.url)
    see(
        service,
        desk,
        f"UPDATE ost_ticket SET created='{date}' WHERE ticket_id=10",
        f"UPDATE ost_ticket SET closed='{date}', est_duedate='{date}', lastupdate='{date}' WHERE ticket_id=20",
        f"UPDATE ost_thread_event SET timestamp='{date}' WHERE id % 7 = 0",
        f"UPDATE ost_thread_entry SET created='{date}' WHERE id % 5 = 0",
    )
    assert anomalies(service) == {"zero_date": 2}


def test_far_years(desk: HelpDesk, start: Start) -> None:
    """The first and the last years of the calendar are months like others (fault 13)."""
    service = start(desk.url)
    see(
        service,
        desk,
        "UPDATE ost_ticket SET created='1000-01-15', lastupdate='9999-12-31 23:59:59' WHERE ticket_id=10",
        "UPDATE ost_ticket SET duedate='9999-12-31 23:59:59' WHERE ticket_id % 3 = 0",
        "UPDATE ost_thread_event SET timestamp='9999-12-31 12:00:00' WHERE id % 7 = 0",
    )
    assert service.sum("osticket_monthly_created_tickets", month="1000-01") == 1
    assert any(month >= "9999-12" for month in service.labels("osticket_monthly_closed_tickets", "month"))


def test_closed_before_created(desk: HelpDesk, start: Start) -> None:
    """A ticket that was closed before it was created took no time, and is counted (fault 14)."""
    service = start(desk.url)
    closed = desk.value("SELECT MIN(ticket_id) FROM ost_ticket WHERE status_id=3")
    see(
        service,
        desk,
        f"UPDATE ost_ticket SET closed='{clock(0)}' WHERE ticket_id={closed}",
        f"UPDATE ost_thread_event SET timestamp='{clock(0)}' WHERE thread_id={closed + 7}",
    )
    assert anomalies(service) == {"closed_before_created": 1}
    assert service.sum("osticket_ticket_resolution_seconds_bucket", le="3600.0") >= 1


def test_created_in_the_future(desk: HelpDesk, start: Start) -> None:
    """A ticket from tomorrow is counted where a ticket counts, but not as created lately (fault 15)."""
    service = start(desk.url)
    assert service.refresh(0)
    lately = service.sum("osticket_created_tickets", window="7d")
    desk.add_ticket(NOW + 90_000)
    assert service.refresh()
    service.assert_right()
    assert anomalies(service) == {"created_in_future": 1}
    assert service.sum("osticket_created_tickets", window="7d") == lately
    assert service.refresh(100_000)
    assert not anomalies(service)
    assert service.sum("osticket_created_tickets", window="7d") == lately + 1


def test_dangling_ids(desk: HelpDesk, start: Start) -> None:
    """Ids that point nowhere are unknown, every kind of them, the largest ones too (fault 16)."""
    columns = ("status_id", "dept_id", "topic_id", "user_id", "sla_id", "staff_id", "team_id")
    service = start(desk.url)
    see(
        service,
        desk,
        *(
            f"UPDATE ost_ticket SET {column}=2000000000 + {place} WHERE ticket_id=50"
            for place, column in enumerate(columns)
        ),
        "UPDATE ost_ticket SET status_id=0, dept_id=0, topic_id=0, user_id=0, sla_id=0, staff_id=0, team_id=0"
        " WHERE ticket_id=51",
        "UPDATE ost_form_entry_values SET value_id=99 WHERE field_id=22 AND entry_id % 2",
        "UPDATE ost_form_entry_values SET value_id=-1 WHERE field_id=22 AND entry_id % 4 = 0",
        "UPDATE ost_user SET default_email_id=-7 WHERE id=1",
        "DELETE FROM ost_thread WHERE id % 11 = 0",
    )
    assert anomalies(service) == {"unknown_status": 2, "unknown_queue": 2, "unknown_topic": 1, "unknown_user": 2}
    assert service.sum("osticket_topic_tickets", topic="none") == 1


def test_ids_beyond_a_million(desk: HelpDesk, start: Start) -> None:
    """Statuses and topics with large ids, as merged installations have them, go by their names."""
    service = start(desk.url)
    see(
        service,
        desk,
        "UPDATE ost_help_topic SET topic_id=20000000 WHERE topic_id=1",
        "UPDATE ost_ticket SET topic_id=20000000 WHERE topic_id=1",
    )
    assert service.sum("osticket_topic_tickets", topic="General Inquiry") > 0


def test_hostile_texts(desk: HelpDesk, start: Start) -> None:
    """Broken UTF-8 read as latin1, four-byte UTF-8, control characters and long texts harm nothing (fault 17)."""
    subject = "Report 😀 " + "x" * 65_000 + " end of it"
    desk.sql(
        "ALTER TABLE ost_sla CONVERT TO CHARACTER SET latin1",
        "ALTER TABLE ost_team CONVERT TO CHARACTER SET utf8mb4",
        "ALTER TABLE ost_form_entry_values CONVERT TO CHARACTER SET utf8mb4",
    )
    try:
        service = start(desk.url, subjects=("^report .* end of it$",))
        see(
            service,
            desk,
            "UPDATE ost_sla SET name=UNHEX('C3C3A9FF8190') WHERE id=1",
            "UPDATE ost_team SET name='😀 team\\n\\t\\0\\\\\"' WHERE team_id=1",
            "UPDATE ost_team SET name=REPEAT('é', 125) WHERE team_id=2",
            "UPDATE ost_help_topic SET topic='a\\u2028b' WHERE topic_id=1",
            f"UPDATE ost_form_entry_values SET value='{subject}' WHERE field_id=20 AND entry_id < 30",
            "UPDATE ost_ticket SET lastupdate=created",
            "UPDATE ost_thread_entry_email SET headers=CONCAT('From: \\0\\r\\n ', REPEAT('<>', 30000))",
        )
        assert service.sum("osticket_team_tickets", team='😀 team \\"') > 0
        assert service.sum("osticket_sla_tickets", sla="ÃÃ©ÿ") > 0
        assert service.sum("osticket_excluded_tickets", reason="auto_reply") > 0
    finally:
        desk.restore()
        desk.sql(
            *(
                f"ALTER TABLE ost_{table} CONVERT TO CHARACTER SET utf8mb3"
                for table in ("sla", "team", "form_entry_values")
            )
        )


def test_requesters_who_are_called_like_nobody(desk: HelpDesk, start: Start) -> None:
    """Mailboxes named unknown and other are told apart from the unknown and the others."""
    desk.sql(
        "UPDATE ost_user_email SET address='unknown@example.edu' WHERE user_id=1",
        "UPDATE ost_user_email SET address='other@example.edu' WHERE user_id=2",
        "UPDATE ost_user_email SET address='unknown' WHERE user_id=3",
    )
    service = start(desk.url)
    assert service.refresh(0)
    samples = [line for line in service.text.decode().splitlines() if line.startswith("osticket_user_")]
    series = [line.rpartition(" ")[0] for line in samples]
    assert len(series) == len(set(series)) > 20
    unknown = desk.value("SELECT COUNT(*) FROM ost_ticket WHERE user_id=3")
    assert 0 < service.sum("osticket_user_tickets", user="unknown") <= unknown
