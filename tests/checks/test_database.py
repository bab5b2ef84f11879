"""``umbrella check`` against a real MariaDB: what it says about the database, and that its own advice helps."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from exporter.checks import database as checks
from exporter.checks.database import check_database
from exporter.checks.database_zone import check_zone
from exporter.checks.result import Result, Status
from exporter.config.tickets import Osticket
from exporter.osticket.database import Session
from tests.checks.conftest import NOW, TABLES, USER, Desk, MakeDesk, install
from tests.servers import MariaDB, free_port


def test_a_desk_with_the_grants_that_are_asked_for_is_all_well(desk: Desk) -> None:
    """With exactly the printed grants every line is ok, and they come in the order of what builds on what."""
    desk.grant()
    found = desk.check(timezone="UTC")
    assert {result.status for result in found.values()} == {Status.OK}, found
    assert list(found) == [
        "database connection", "database server", "table prefix", "tables", "osTicket release", "storage engine",
        "database grants", "database grants too wide", "time zone",
    ]  # fmt: skip
    assert found["osTicket release"].detail == "1.18"
    assert found["database server"].detail.startswith("MariaDB 1")
    assert found["storage engine"].detail == "InnoDB"


def test_a_user_that_may_not_even_enter_is_told_so(desk: Desk) -> None:
    """Without any grant the server refuses the database itself."""
    found = desk.check()
    assert list(found) == ["database connection"]
    assert "(1044); grant SELECT on this database" in found["database connection"].detail


def test_a_wrong_prefix_names_those_that_exist(desk: Desk) -> None:
    """Another prefix than configured is found and named; no grants are suggested for tables that do not exist."""
    desk.grant()
    found = desk.problems(table_prefix="help_")
    assert list(found) == ["tables"]
    assert "no table help_ticket, but installations with the prefix ost_; set osticket.table_prefix" in found["tables"]


def test_several_installations_in_one_database_are_said(own_desk: MakeDesk, mariadb: MariaDB) -> None:
    """Two help desks beside each other: the configured one is read, the other named."""
    desk = own_desk()
    install(mariadb, desk.name, "old_", "MyISAM")
    desk.sql(f"GRANT SELECT ON `{desk.name}`.* TO umbrella@'127.0.0.1'")
    assert desk.check()["table prefix"].detail == "ost_; other installations here: old_"


def test_an_unknown_release_is_a_warning(desk: Desk) -> None:
    """A newer schema signature with every needed column is read with a warning."""
    desk.set("schema_signature", "0123456789abcdef0123456789abcdef")
    desk.grant()
    assert "schema signature 01234567 is of a release after 1.18" in desk.problems()["osTicket release"]


def test_osticket_1_9_is_refused(own_desk: MakeDesk) -> None:
    """A release that is too old is named by its signature, and by its tables."""
    desk = own_desk()
    desk.set("schema_signature", "b26f29a6bb5dbb3510b057632182d138")
    desk.grant()
    assert desk.problems()["osTicket release"] == "1.9 is too old; upgrade osTicket to 1.10 or later"
    desk.sql("RENAME TABLE ost_thread_event TO ost_ticket_event")
    desk.sql(f"GRANT SELECT ON `{desk.name}`.* TO umbrella@'127.0.0.1'")
    assert "osTicket 1.9 or older" in desk.problems()["tables"]


def test_myisam_is_a_warning(own_desk: MakeDesk) -> None:
    """Tables without transactions are named with the way to convert them."""
    desk = own_desk()
    desk.grant()
    assert "MyISAM: a refresh can hold up osTicket's writes" in desk.problems()["storage engine"]


def test_a_database_that_is_no_osticket_is_said(mariadb: MariaDB, user: str) -> None:
    """An empty database is no help desk."""
    assert user == USER
    mariadb.create("checks_empty")
    desk = Desk(mariadb, "checks_empty")
    desk.sql("CREATE TABLE other (id INT)", "GRANT SELECT ON `checks_empty`.* TO umbrella@'127.0.0.1'")
    assert "this is not osTicket's database" in desk.problems()["tables"]


def test_a_wrong_password_is_one_line(desk: Desk) -> None:
    """A refused login names server and next step, never the password."""
    url = desk.server.url(desk.name, "umbrella", "wrong-password")
    (result,) = check_database(Osticket.model_validate({"url": url}), NOW)
    assert result.status is Status.FAIL
    assert "Access denied" in result.detail
    assert "correct osticket.url or the password file" in result.detail
    assert "wrong-password" not in result.detail


def test_a_server_that_is_away_is_one_line() -> None:
    """Nobody listening is one line with the next step."""
    url = f"mysql+pymysql://umbrella@127.0.0.1:{free_port()}/osticket"
    (result,) = check_database(Osticket.model_validate({"url": url}), NOW)
    assert result.status is Status.FAIL
    assert "see that the server runs" in result.detail


def test_a_named_zone_that_differs_from_the_servers_clock_is_refused(desk: Desk) -> None:
    """osticket.timezone must agree with the server's clock now."""
    desk.grant()
    assert desk.check(timezone="Asia/Kolkata")["time zone"].status is Status.FAIL
    assert "osticket.timezone Asia/Kolkata is UTC+05:30 now" in desk.problems(timezone="Asia/Kolkata")["time zone"]


def clock(name: str, hours: int) -> Session:
    """Return a session with a server whose zone has this name and offset."""
    utc = datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
    answer = [(name, utc + timedelta(hours=hours), utc)]
    connection = SimpleNamespace(dialect=SimpleNamespace(name="mysql"))
    return cast("Session", SimpleNamespace(connection=connection, rows=lambda _: answer))


@pytest.mark.parametrize(
    ("believed", "status", "detail"),
    [
        ("", Status.WARN, "set osticket.timezone"),
        ("Mars/Base", Status.WARN, "set osticket.timezone"),
        ("America/Chicago", Status.WARN, "the database server's zone has no trusted name (it says CST, UTC+08:00 now)"),
        ("Asia/Shanghai", Status.OK, "times are read in Asia/Shanghai, months cut in America/New_York"),
    ],
)
def test_osticket_s_own_belief_is_compared(believed: str, status: Status, detail: str) -> None:
    """Without osticket.timezone, osTicket's belief counts where it agrees with the clock: CST has many homes."""
    core = {"db_timezone": believed, "default_timezone": "America/New_York"}
    result = check_zone(clock("CST", 8), None, core, NOW)
    assert result.status is status
    assert detail in result.detail


@pytest.mark.parametrize(
    ("version", "status", "detail"),
    [
        ("5.7.44-log", Status.FAIL, "MySQL 5.7.44-log is too old; upgrade to MySQL 8.0 or later"),
        ("8.0.40", Status.OK, "MySQL 8.0.40"),
        ("5.5.5-10.4.34-MariaDB-log", Status.FAIL, "upgrade to MariaDB 10.5 or later"),
        ("10.5.0-MariaDB", Status.OK, "MariaDB 10.5.0-MariaDB"),
        ("11.4.2-MariaDB", Status.OK, "MariaDB 11.4.2-MariaDB"),
    ],
)
def test_server_versions(version: str, status: Status, detail: str) -> None:
    """MySQL from 8.0 and MariaDB from 10.5 are read; the answers are those that servers of these versions give."""
    connection = SimpleNamespace(dialect=SimpleNamespace(name="mysql"))
    session = cast("Session", SimpleNamespace(connection=connection, value=lambda _: version))
    (result,) = checks._server(session)
    assert result.status is status
    assert detail in result.detail


def test_sqlite_has_neither_users_nor_zones(tmp_path: Path) -> None:
    """A demo database in a file is checked for its tables alone."""
    with sqlite3.connect(tmp_path / "desk.sqlite") as connection:
        connection.execute("CREATE TABLE other (id INT)")
    connection.close()
    found = list(check_database(Osticket(url=f"sqlite:///{tmp_path}/desk.sqlite"), NOW))
    assert [(result.status, result.name) for result in found] == [
        (Status.OK, "database connection"),
        (Status.OK, "database server"),
        (Status.FAIL, "tables"),
    ]


@pytest.mark.parametrize(("url", "detail"), [(None, "tickets are off (osticket.url is null)"), ("demo://", "invented")])
def test_without_a_database_there_is_one_line(url: str | None, detail: str) -> None:
    """Tickets that are off or invented need no database."""
    (result,) = check_database(Osticket(url=url), NOW)
    assert result.status is Status.OK
    assert detail in result.detail


def test_statements_stand_below_their_line() -> None:
    """What is to be pasted has lines of its own."""
    assert Result(Status.FAIL, "database grants", "wrong", ("GRANT 1;",)).lines() == [
        "FAIL  database grants: wrong",
        "      GRANT 1;",
    ]


def test_every_table_that_is_read_is_granted() -> None:
    """The statements cover exactly the tables of the schema module."""
    assert len(TABLES) == 20
    assert datetime.fromtimestamp(NOW, UTC).year == 2025
