from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from exporter.demo.generator import write_demo_database
from exporter.errors import DatabaseError
from exporter.osticket import dimensions
from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.schema import NEEDED, RELEASES, detect, prefixes
from tests.demo.conftest import NOW
from tests.osticket.helpdesk import HelpDesk


@contextmanager
def session(url: str) -> Iterator[Session]:
    """Open a session."""
    database = Database(Settings(make_url(url), lambda: None, 5.0))
    with database.session() as opened:
        yield opened
    database.close()


@pytest.fixture
def empty(desk: HelpDesk) -> Iterator[HelpDesk]:
    """A database of which a test makes what it needs."""
    other = HelpDesk(desk.server, "osticket_other")
    desk.server.create(other.name)
    yield other
    desk.sql(f"DROP DATABASE {other.name}")


def test_what_there_is(desk: HelpDesk) -> None:
    """Tables, columns, engine and ways in are found; quoted names carry the prefix."""
    with session(desk.url) as opened:
        schema = detect(opened, "ost_")
    assert schema.engines == ("InnoDB",)
    assert schema.sources == ("Web", "Email", "Phone", "API", "Other")
    assert schema.table("thread_event") == "`ost_thread_event`"
    assert schema.has("ticket", "ticket_pid")
    assert not schema.has("ticket", "novel")
    assert not schema.has("session", "session_id")
    assert all(schema.has(table, column) for table, columns in NEEDED.items() for column in columns)


def test_what_there_is_in_sqlite(tmp_path: Path) -> None:
    """The demo's file has the same tables and columns; SQLite enumerates no ways in."""
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    write_demo_database(url, tickets=20, now=NOW, prefix="help_")
    with session(url) as opened:
        schema = detect(opened, "help_")
        assert (schema.engines, schema.sources, prefixes(opened)) == (("SQLite",), (), ["help_"])
        with pytest.raises(DatabaseError, match="no table ost_ticket, but installations with the prefix help_"):
            detect(opened, "ost_")


def test_prefixes_that_begin_alike(desk: HelpDesk, empty: HelpDesk) -> None:
    """Installations beside each other are told apart, and underscores in a prefix are no wildcards."""
    for table in desk.rows("SELECT table_name FROM information_schema.tables WHERE table_schema=DATABASE()"):
        for prefix in ("a_", "a_b_", "axb_"):
            empty.sql(f"CREATE TABLE `{prefix}{table[0][4:]}` LIKE `{desk.name}`.`{table[0]}`")
    empty.sql("ALTER TABLE axb_ticket ADD novel INT", "ALTER TABLE axb_sla ENGINE=MyISAM")
    with session(empty.url) as opened:
        assert prefixes(opened) == ["a_", "a_b_", "axb_"]
        assert detect(opened, "a_b_").engines == ("InnoDB",)
        assert detect(opened, "axb_").engines == ("InnoDB", "MyISAM")
        with pytest.raises(DatabaseError, match=r"with the prefix a_, a_b_, axb_; set osticket\.table_prefix"):
            detect(opened, "ost_")


def test_no_osticket(empty: HelpDesk) -> None:
    """A database of something else is told so."""
    empty.sql("CREATE TABLE wp_posts (id INT)")
    with session(empty.url) as opened, pytest.raises(DatabaseError, match="this is not osTicket's database"):
        detect(opened, "ost_")


def test_osticket_1_9(desk: HelpDesk, empty: HelpDesk) -> None:
    """Releases before 1.10 are refused, with what to do."""
    empty.sql(
        f"CREATE TABLE ost_ticket LIKE `{desk.name}`.ost_ticket",
        "CREATE TABLE ost_ticket_event (ticket_id INT, state VARCHAR(9))",
        "CREATE TABLE ost_ticket_thread (id INT)",
    )
    with session(empty.url) as opened, pytest.raises(DatabaseError, match=r"osTicket 1\.9 or older; upgrade osTicket"):
        detect(opened, "ost_")


def test_columns_that_are_missing(desk: HelpDesk, empty: HelpDesk) -> None:
    """At most eight are named; a log without any name of its events lacks one."""
    empty.sql(f"CREATE TABLE ost_ticket LIKE `{desk.name}`.ost_ticket")
    with session(empty.url) as opened, pytest.raises(DatabaseError, match=r"missing or not granted: .*(, .*){7} …; if"):
        detect(opened, "ost_")
    for table in NEEDED:
        empty.sql(f"CREATE TABLE IF NOT EXISTS ost_{table} LIKE `{desk.name}`.ost_{table}")
    with (
        session(empty.url) as opened,
        pytest.raises(DatabaseError, match=r"granted: ost_event\.id, ost_event\.name; if"),
    ):
        detect(opened, "ost_")
    empty.sql(f"CREATE TABLE ost_event LIKE `{desk.name}`.ost_event", "ALTER TABLE ost_thread_event DROP event_id")
    with session(empty.url) as opened, pytest.raises(DatabaseError, match=r"granted: ost_thread_event\.event_id; if"):
        detect(opened, "ost_")


def test_only_what_is_granted_is_there(desk: HelpDesk) -> None:
    """A user sees the columns that are granted; settings that are not granted are none, secrets never read."""
    grants = [f"SELECT ON `{{database}}`.ost_{table}" for table in (*NEEDED, "event") if table != "team"]
    grants.append("SELECT (team_id, name) ON `{database}`.ost_team")
    with desk.reader(";".join(grants)) as url, session(url) as opened:
        schema = detect(opened, "ost_")
        assert schema.columns["team"] == {"team_id", "name"}
        assert dimensions.settings(opened, schema) == {}
    with session(desk.url) as opened:
        found = dimensions.settings(opened, detect(opened, "ost_"))
    assert set(found) == {"schema_signature", "default_timezone", "db_timezone", "helpdesk_url"}
    assert found["schema_signature"][:8] in RELEASES


def test_names_of_trees(desk: HelpDesk) -> None:
    """Departments and topics go by their path; loops and dangling parents end it."""
    desk.sql(
        "DELETE FROM ost_help_topic",
        "INSERT INTO ost_help_topic (topic_id, topic_pid, topic, flags, created, updated) VALUES"
        " (1, 2, 'a', 2, NOW(), NOW()), (2, 1, 'b', 2, NOW(), NOW()), (3, 3, 'self', 0, NOW(), NOW()),"
        " (4, 99, 'lost', NULL, NOW(), NOW()), (5, 1, 'c', 6, NOW(), NOW())",
    )
    with session(desk.url) as opened:
        topics = dimensions.read(opened, detect(opened, "ost_")).topics
    assert topics.labels == {1: "b / a", 2: "a / b", 3: "self", 4: "lost", 5: "b / a / c"}
    assert topics.active == {1, 2, 5}
    assert topics.raw[5] == ("c", "b / a / c")
