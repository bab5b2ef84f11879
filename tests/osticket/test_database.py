import json
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from exporter.errors import ConfigError, DatabaseError
from exporter.osticket.database import Database, Settings, explain
from tests.osticket.helpdesk import PASSWORD, HelpDesk


def open_database(url: str, password: str | None = "admin", statement_timeout: float = 2.0) -> Database:
    """Open a database by a URL without its password."""
    return Database(Settings(make_url(url).set(password=None), lambda: password, statement_timeout))


def test_sessions_cannot_write(desk: HelpDesk) -> None:
    """Even a user who may do everything cannot change anything through a session."""
    database = open_database(desk.url)
    with pytest.raises(DatabaseError, match=r"READ ONLY transaction.*\(1792\)"), database.session() as session:
        session.raw("DELETE FROM ost_ticket")
    with database.session() as session:
        session.connection.exec_driver_sql("COMMIT")  # not even in the next transaction of the connection
        with pytest.raises(DBAPIError, match="READ ONLY"):
            session.raw("UPDATE ost_ticket SET status_id=1")
    database.close()


def test_sessions_see_one_moment(desk: HelpDesk) -> None:
    """What is committed while a session is open is seen by the next one."""
    database = open_database(desk.url)
    with database.session() as session:
        before = session.value("SELECT COUNT(*) FROM ost_ticket")
        desk.sql("DELETE FROM ost_ticket WHERE ticket_id=5")
        assert session.value("SELECT COUNT(*) FROM ost_ticket") == before
        assert session.seconds > 0
    with database.session() as session:
        assert session.value("SELECT COUNT(*) FROM ost_ticket") == before - 1
        assert session.value("SELECT ticket_id FROM ost_ticket WHERE ticket_id=:id", id=5) is None
    database.close()


def test_sessions_keep_to_one_connection(desk: HelpDesk) -> None:
    """One connection serves all sessions, in the server's own zone and with the statement's limit."""
    database = open_database(desk.url)
    seen = set()
    for _ in range(3):
        with database.session() as session:
            seen.add(session.value("SELECT CONNECTION_ID()"))
            assert session.rows(
                "SELECT @@session.time_zone, @@max_statement_time, @@lock_wait_timeout, @@sql_mode"
            ) == [("SYSTEM", 2.0, 2, "")]
    assert len(seen) == 1
    database.close()


def test_slow_statements_are_ended_by_the_server(desk: HelpDesk) -> None:
    """A statement over its time is an error that says which knob to turn, and nothing of it runs on."""
    database = open_database(desk.url, statement_timeout=0.2)
    with pytest.raises(DatabaseError, match=r"\(1969\); the statement timed out; .* raise osticket.statement_timeout"):  # noqa: SIM117
        with database.session() as session:
            session.raw("SELECT COUNT(*) FROM seq_1_to_100000 a JOIN seq_1_to_100000 b ON MOD(a.seq*b.seq, 7) = 8")
    assert not desk.rows("SELECT 1 FROM information_schema.processlist WHERE info LIKE '%MOD(a.seq*b.seq%'")[1:]
    database.close()


def test_unknown_database(desk: HelpDesk) -> None:
    """A database that does not exist is named, with the key to correct."""
    database = open_database(desk.server.url("nowhere"))
    with pytest.raises(DatabaseError, match=r"'nowhere'.*\(1049\); correct the database name in osticket.url"):  # noqa: SIM117
        with database.session():
            pass


def test_user_without_rights(desk: HelpDesk) -> None:
    """A user who may not use the database is told which statement to ask for."""
    with desk.reader("USAGE ON *.*") as url:
        database = open_database(url, PASSWORD)
        with pytest.raises(DatabaseError, match=r"\(1044\); grant SELECT on this database") as failure:  # noqa: SIM117
            with database.session():
                pass
        assert PASSWORD not in str(failure.value)


def test_password_is_asked_for_at_each_connection(desk: HelpDesk) -> None:
    """None leaves the URL's own; an error of the password file is told as it is."""
    passwords: list[str | None] = ["wrong", "admin"]
    database = Database(Settings(make_url(desk.url).set(password=None), lambda: passwords.pop(0), 2.0))
    with pytest.raises(DatabaseError, match=r"\(1045\)"), database.session():
        pass
    with database.session() as session:
        assert session.value("SELECT 1") == 1
    database.close()
    own = Database(Settings(make_url(desk.url), lambda: None, 2.0))
    with own.session() as session:
        assert session.value("SELECT 1") == 1
    own.close()

    def unreadable() -> str:
        raise ConfigError("osticket.password_file: gone")

    with pytest.raises(ConfigError, match="gone"), Database(Settings(make_url(desk.url), unreadable, 2.0)).session():
        pass


def test_a_broken_connection_is_not_used_again(desk: HelpDesk) -> None:
    """After a failure in the middle of a session the next one is a new connection."""
    database = open_database(desk.url)
    with database.session() as session:
        first = session.value("SELECT CONNECTION_ID()")
    with pytest.raises(DatabaseError, match="1146"), database.session() as session:
        session.raw("SELECT * FROM nothing")
    with database.session() as session:
        assert session.value("SELECT CONNECTION_ID()") != first
    database.close()


def test_a_second_session_beside_the_first(desk: HelpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one connection: whoever wants another one at the same time is refused, not made to wait for ever."""
    monkeypatch.setattr("exporter.osticket.database.CONNECT_TIMEOUT", 1.0)
    database = open_database(desk.url)
    with database.session() as session, pytest.raises(DatabaseError, match="QueuePool limit of size 1"):  # noqa: SIM117
        with database.session():
            session.raw("SELECT 1")
    database.close()


def test_bugs_pass_through(desk: HelpDesk) -> None:
    """An exception that is not the database's stays what it is, and its connection is not used again."""
    database = open_database(desk.url)
    seen = []

    def stumble() -> None:
        with database.session() as session:
            seen.append(session.value("SELECT CONNECTION_ID()"))
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            stumble()
    assert seen[0] != seen[1]
    database.close()


def test_sqlite(tmp_path: Path) -> None:
    """A file of SQLite is a database without a password; what is none is said."""
    url = make_url(f"sqlite:///{tmp_path / 'a.sqlite'}")
    database = Database(Settings(url, lambda: None, 2.0))
    with database.session() as session:
        assert session.value("SELECT 1") == 1
    database.close()
    (tmp_path / "a.sqlite").write_bytes(b"this is no database, however long one looks at it" * 100)
    with (
        pytest.raises(DatabaseError, match=r"a\.sqlite: file is not a database; the next refresh"),
        database.session() as session,
    ):
        session.rows("SELECT * FROM ost_ticket")


@pytest.mark.parametrize(
    ("number", "text", "said"),
    [
        (2003, "Can't connect\n to MySQL", "db: Can't connect to MySQL (2003); see that the server runs"),
        (None, "Packet sequence number wrong", "db: Packet sequence number wrong; the next refresh tries again"),
        (9999, "novel", "db: novel (9999); the next refresh tries again"),
        (None, None, "db: an answer that cannot be read; the next refresh"),
    ],
)
def test_errors_in_plain_words(number: int | None, text: str | None, said: str) -> None:
    """One line: where, what, number, what to do; wrapped by SQLAlchemy or not; never the statement."""
    original = pymysql.OperationalError(*(part for part in (number, text) if part is not None))
    wrapped = OperationalError("SELECT secret FROM t", {"a": json.dumps("secret")}, original)
    for error in (original, wrapped):
        assert explain(error, "db").startswith(said)
        assert "secret" not in explain(error, "db")
        assert "\n" not in explain(error, "db")
