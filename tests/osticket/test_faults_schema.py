"""Faults 7 to 10 and 21: tables and columns go and come, rights are taken, another help desk answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.osticket.helpdesk import NOW, PASSWORD, HelpDesk
from tests.osticket.service import Service, Start

TABLES = (
    "config", "department", "event", "form", "form_entry", "form_entry_values", "form_field", "help_topic", "sla",
    "staff", "team", "thread", "thread_entry", "thread_entry_email", "thread_event", "ticket", "ticket_priority",
    "ticket_status", "user", "user_email",
)  # fmt: skip


@contextmanager
def changed(desk: HelpDesk, change: str, back: str) -> Iterator[None]:
    """Change the tables for a while."""
    desk.sql(change)
    try:
        yield
    finally:
        desk.sql(back)


def running(service: Service) -> Service:
    """See the first refresh succeed and be right."""
    assert service.refresh(0), service.lines.records[-1].getMessage()
    service.assert_right()
    return service


def test_select_revoked_on_one_table(desk: HelpDesk, start: Start) -> None:
    """The table that may no longer be read is named, and the GRANT is asked for (fault 7)."""
    grants = ";".join(f"SELECT ON `{{database}}`.ost_{table}" for table in TABLES)
    with desk.reader(grants) as url:
        service = running(start(url, truth=desk.url))
        desk.sql("REVOKE SELECT ON ost_thread_event FROM reader@'127.0.0.1'")
        service.assert_fails("ost_thread_event", "(1142)", "grant SELECT on this table to the user")
        service.assert_fails("missing or not granted: ost_thread_event.id", "'umbrella check'")
        with pytest.raises(AssertionError, match="missing or not granted"):
            start(url).assert_recovers()
        desk.sql("GRANT SELECT ON ost_thread_event TO reader@'127.0.0.1'")
        service.assert_recovers()


def test_select_revoked_on_one_column(desk: HelpDesk, start: Start) -> None:
    """Rights on columns suffice; the column whose right is taken is named (fault 7)."""
    grants = ["SELECT (id, name) ON `{database}`.ost_event"]
    grants += [f"SELECT ON `{{database}}`.ost_{table}" for table in TABLES if table not in ("event", "team")]
    with desk.reader(";".join([*grants, "SELECT (team_id, name) ON `{database}`.ost_team"])) as url:
        service = running(start(url, truth=desk.url))
        desk.sql("REVOKE SELECT (name) ON ost_team FROM reader@'127.0.0.1'")
        service.assert_fails("'name'", "'ost_team'", "(1143)", "grant SELECT on this column")
        service.assert_fails("missing or not granted: ost_team.name")
        desk.sql("GRANT SELECT (name) ON ost_team TO reader@'127.0.0.1'")
        service.assert_recovers()


@pytest.mark.parametrize("table", ["ticket", "thread_event", "thread_entry", "sla", "event", "config"])
def test_table_renamed_and_back(desk: HelpDesk, start: Start, table: str) -> None:
    """A table that an upgrade has put aside is waited for (fault 8)."""
    service = running(start(desk.url))
    ticket = desk.add_ticket(NOW)
    with changed(desk, f"RENAME TABLE ost_{table} TO aside", f"RENAME TABLE aside TO ost_{table}"):
        text = service.assert_fails(f"ost_{table}'", "(1146)")
        assert "if osTicket is being upgraded, this mends itself" in text
        service.assert_fails(f"ost_{table}")
    desk.close_ticket(ticket, NOW + 1)
    service.assert_recovers()


def test_cdata_dropped(desk: HelpDesk, start: Start) -> None:
    """The cache table that osTicket drops and builds anew is none of our business (fault 9)."""
    desk.sql("CREATE TABLE IF NOT EXISTS ost_ticket__cdata (ticket_id INT PRIMARY KEY, subject MEDIUMTEXT)")
    service = running(start(desk.url))
    desk.sql("DROP TABLE ost_ticket__cdata")
    desk.add_ticket(NOW)
    assert service.refresh()
    service.assert_right()
    assert service.record.failures == 0


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [("ticket", "lastupdate", "DATETIME NULL"), ("thread_entry", "flags", "INT UNSIGNED NOT NULL DEFAULT 0")],
)
def test_column_missing(desk: HelpDesk, start: Start, table: str, column: str, kind: str) -> None:
    """A column that is needed and not there is named, at any time (fault 10)."""
    service = running(start(desk.url))
    desk.add_ticket(NOW)
    rename = f"ALTER TABLE ost_{table} CHANGE {{}} {{}} {kind}"
    with changed(desk, rename.format(column, "aside"), rename.format("aside", column)):
        service.assert_fails(column, "(1054)", "a column is missing")
        service.assert_fails(f"missing or not granted: ost_{table}.{column}")
        start(desk.url).assert_fails(f"missing or not granted: ost_{table}.{column}")
    service.assert_recovers()


def test_column_added(desk: HelpDesk, start: Start) -> None:
    """A column that a later release adds changes nothing (fault 10)."""
    service = running(start(desk.url))
    with changed(desk, "ALTER TABLE ost_ticket ADD novel INT FIRST", "ALTER TABLE ost_ticket DROP novel"):
        desk.add_ticket(NOW)
        assert service.refresh()
        service.assert_right()
        assert service.reconcile()
        service.assert_right()


def test_optional_column_gone(desk: HelpDesk, start: Start) -> None:
    """When a column goes that only some releases have, the next refresh does without it (fault 10)."""
    service = running(start(desk.url))
    there = "CHANGE flags aside INT UNSIGNED NOT NULL DEFAULT 0"
    back = "CHANGE aside flags INT UNSIGNED NOT NULL DEFAULT 0"
    with changed(desk, f"ALTER TABLE ost_department {there}", f"ALTER TABLE ost_department {back}"):
        service.assert_fails("flags", "(1054)")
        assert service.refresh(), service.lines.records[-1].getMessage()
    service.reconcile()
    service.assert_right()


def test_source_added(desk: HelpDesk, start: Start) -> None:
    """A way in that a plugin adds is unknown until tables are looked at again, and then goes by its name."""
    service = running(start(desk.url))
    enum = "ALTER TABLE ost_ticket MODIFY source ENUM('Web','Email','Phone','API','Other'{}) NOT NULL DEFAULT 'Other'"
    with changed(desk, enum.format(",'Chat'"), enum.format("")):
        desk.add_ticket(NOW, source="Chat")
        assert service.refresh()
        assert service.sum("osticket_source_tickets", source="unknown") == 1
        assert service.reconcile()
        service.assert_right()
        assert service.sum("osticket_source_tickets", source="Chat") == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("schema_signature", "83a22ba2000000000000000000000000"), ("helpdesk_url", "https://another.example.edu/")],
)
def test_another_help_desk_at_the_same_address(desk: HelpDesk, start: Start, key: str, value: str) -> None:
    """When another database answers, nothing of the old one stays in memory (fault 21)."""
    service = running(start(desk.url))
    # Same numbers of everything, so that no mark is passed; the rows mean something else.
    desk.sql(
        f"UPDATE ost_config SET value='{value}' WHERE `key`='{key}'",
        "UPDATE ost_thread SET object_id = 201 - object_id WHERE object_type='T'",
        "UPDATE ost_form_entry SET object_id = 201 - object_id WHERE object_type='T'",
    )
    assert service.refresh()
    service.assert_right()
    assert PASSWORD not in service.text.decode()


def test_another_help_desk_without_settings(desk: HelpDesk, start: Start) -> None:
    """Without a grant on the settings another help desk shows at the latest in the reconciliation."""
    grants = ";".join(f"SELECT ON `{{database}}`.ost_{table}" for table in TABLES if table != "config")
    with desk.reader(grants) as url:
        service = start(url, truth=desk.url)
        assert service.refresh(0)
        assert service.labels("umbrella_osticket_info", "schema") == {"unknown"}
        desk.sql(
            "UPDATE ost_ticket SET user_id = user_id + 1, status_id = 3",
            "UPDATE ost_thread SET object_id = 201 - object_id WHERE object_type='T'",
            "UPDATE ost_config SET value='UTC' WHERE `key`='default_timezone'",  # as without settings
        )
        assert service.reconcile()
        service.assert_right()


def test_rights_on_the_database_come_late(desk: HelpDesk, start: Start) -> None:
    """Rights on the whole database, which hold for new connections only, are noticed without a restart (fault 7)."""
    with desk.reader("SELECT ON `{database}`.ost_sla") as url:
        service = start(url, truth=desk.url)
        service.assert_fails("no table ost_ticket", "the user may not read it", "'umbrella check'")
        desk.sql(f"GRANT SELECT ON `{desk.name}`.* TO reader@'127.0.0.1'")
        service.assert_recovers()
