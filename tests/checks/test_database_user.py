"""What ``umbrella check`` says about the database user on a real MariaDB: its own advice helps when pasted."""

import pytest

from exporter.checks.result import Status
from tests.checks.conftest import USER, Desk, MakeDesk


def test_no_grants_print_grants_that_help_when_pasted(desk: Desk) -> None:
    """A user without any grant is told the statements; after pasting them everything is well."""
    desk.sql(f"GRANT SELECT ON `{desk.name}`.ost_ticket TO umbrella@'127.0.0.1'")
    first = desk.check()
    assert first["tables"].status is Status.FAIL
    grants = first["database grants"]
    assert grants.status is Status.FAIL
    assert "ost_thread_event" in grants.detail
    assert "umbrella check" not in first["tables"].detail
    assert "ost_ticket," not in grants.detail
    desk.sql(*(statement.rstrip(";") for statement in grants.statements))
    assert desk.problems(timezone="UTC") == {}


def test_only_harmless_columns_of_agents_and_settings_are_asked_for(desk: Desk) -> None:
    """The printed grants never reach password hashes of agents, nor what people wrote."""
    desk.sql(f"GRANT SELECT ON `{desk.name}`.ost_ticket TO umbrella@'127.0.0.1'")
    statements = desk.check()["database grants"].statements
    staff = [text for text in statements if ".`ost_staff`" in text]
    columns = "`staff_id`, `username`, `firstname`, `lastname`"
    assert staff == [f"GRANT SELECT ({columns}) ON `{desk.name}`.`ost_staff` TO 'umbrella'@'127.0.0.1';"]
    (entries,) = [text for text in statements if ".`ost_thread_entry`" in text]
    assert "body" not in entries
    assert any("(`namespace`, `key`, `value`)" in text and "ost_config" in text for text in statements)


def test_settings_that_may_not_be_read_are_a_warning(desk: Desk) -> None:
    """Without the settings Umbrella works; release and zone are unknown, and the grant is printed."""
    desk.grant("config")
    found = desk.check(timezone="UTC")
    assert found["osTicket release"].status is Status.WARN
    assert "ost_config may not be read" in found["osTicket release"].detail
    assert found["database grants"].status is Status.WARN
    assert len(found["database grants"].statements) == 1
    assert "`ost_config`" in found["database grants"].statements[0]


def test_one_missing_grant_is_named_alone(desk: Desk) -> None:
    """A table that lost its grant is the only one that is named."""
    desk.grant("thread_entry")
    found = desk.problems(timezone="UTC")
    assert set(found) == {"tables", "database grants"}
    assert f"{USER} may not read ost_thread_entry; run as" in found["database grants"]


def test_a_role_that_may_read_is_enough(desk: Desk) -> None:
    """A user that reads through a role is not told to grant again."""
    desk.sql("CREATE ROLE reader", f"GRANT SELECT ON `{desk.name}`.* TO reader", "GRANT reader TO umbrella@'127.0.0.1'")
    desk.sql("SET DEFAULT ROLE reader FOR umbrella@'127.0.0.1'")
    try:
        assert desk.check()["database grants"].status is Status.OK
    finally:
        desk.sql("DROP ROLE reader")


@pytest.mark.parametrize(
    ("grant", "excess"),
    [
        ("INSERT, UPDATE ON `checks`.ost_ticket", "INSERT, UPDATE on `checks`.`ost_ticket`"),
        ("SELECT ON *.*", "SELECT on *.*"),
        ("PROCESS ON *.*", "PROCESS on *.*"),
        ("ALL PRIVILEGES ON *.*", "ALL PRIVILEGES on *.*"),
        ("ALL PRIVILEGES ON `checks`.*", "ALL PRIVILEGES on `checks`.*"),
        ("DELETE ON `checks`.*", "DELETE on `checks`.*"),
        ("UPDATE (name) ON `checks`.ost_team", "UPDATE on `checks`.`ost_team`"),
    ],
)
def test_rights_beyond_reading_are_a_complaint_whose_revoke_helps(desk: Desk, grant: str, excess: str) -> None:
    """Anything but reading single tables is named, and pasting the statements leaves a user that fits."""
    desk.grant()
    desk.sql(f"GRANT {grant} TO umbrella@'127.0.0.1'")
    found = desk.check(timezone="UTC")["database grants too wide"]
    assert found.status is Status.FAIL
    assert excess in found.detail
    desk.sql(*(statement.rstrip(";") for statement in found.statements))
    assert desk.problems(timezone="UTC") == {}


def test_the_right_to_pass_grants_on_is_a_complaint(desk: Desk) -> None:
    """GRANT OPTION is more than reading."""
    desk.grant()
    desk.sql(f"GRANT SELECT ON `{desk.name}`.ost_ticket TO umbrella@'127.0.0.1' WITH GRANT OPTION")
    found = desk.check()["database grants too wide"]
    assert "GRANT OPTION on `checks`.`ost_ticket`" in found.detail
    assert found.statements == ("REVOKE GRANT OPTION ON `checks`.`ost_ticket` FROM 'umbrella'@'127.0.0.1';",)


def test_reading_the_whole_database_is_a_warning_whose_statements_help(desk: Desk) -> None:
    """SELECT on every table of the database reaches secrets; the statements narrow it."""
    desk.sql(f"GRANT SELECT ON `{desk.name}`.* TO umbrella@'127.0.0.1'")
    found = desk.check(timezone="UTC")
    assert found["database grants"].status is Status.OK
    wide = found["database grants too wide"]
    assert wide.status is Status.WARN
    assert "password hashes" in wide.detail
    desk.sql(*(statement.rstrip(";") for statement in wide.statements))
    assert desk.problems(timezone="UTC") == {}


def test_osticket_1_10_without_an_event_table_is_read(own_desk: MakeDesk) -> None:
    """The oldest release has no event table; nobody is told to grant it."""
    desk = own_desk()
    desk.sql("DROP TABLE ost_event", "ALTER TABLE ost_thread_event ADD COLUMN state VARCHAR(16)")
    desk.grant("event")
    assert desk.check()["database grants"].status is Status.OK


def test_a_missing_table_is_told_apart_from_a_missing_grant(own_desk: MakeDesk) -> None:
    """A table that was dropped is missing, although the grants cover it."""
    desk = own_desk()
    desk.sql("DROP TABLE ost_thread_entry", f"GRANT SELECT ON `{desk.name}`.* TO umbrella@'127.0.0.1'")
    found = desk.check()
    assert "ost_thread_entry.id" in found["tables"].detail
    assert found["database grants"].status is Status.OK
