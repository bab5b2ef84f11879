import numpy as np
from sqlalchemy import create_engine, select

from exporter.demo.columns import ZERO
from exporter.demo.fixed import fill_fixed
from exporter.demo.schema import create_indexes, create_tables, like_osticket, metadata, table
from exporter.demo.writer import Moments, Nullable, Words, moment_texts, write
from tests.servers import MariaDB

# As the installer of osTicket 1.18 makes them.
TICKET_INDEXES = {
    "PRIMARY", "user_id", "dept_id", "staff_id", "team_id", "status_id", "created", "closed", "duedate", "topic_id",
    "sla_id", "ticket_pid",
}  # fmt: skip
EVENT_COLUMNS = [
    ("id", "int(10) unsigned", "NO"), ("thread_id", "int(10) unsigned", "NO"), ("thread_type", "char(1)", "NO"),
    ("event_id", "int(10) unsigned", "YES"), ("staff_id", "int(10) unsigned", "NO"),
    ("team_id", "int(10) unsigned", "NO"), ("dept_id", "int(10) unsigned", "NO"),
    ("topic_id", "int(10) unsigned", "NO"), ("data", "varchar(1024)", "YES"), ("username", "varchar(128)", "NO"),
    ("uid", "int(10) unsigned", "YES"), ("uid_type", "char(1)", "NO"), ("annulled", "tinyint(3) unsigned", "NO"),
    ("timestamp", "datetime", "NO"),
]  # fmt: skip
HOSTILE = ("it's", 'say "no"', "back\\slash\\'", "line\nbreak", "100 %s %(x)s %", "naïve ünïcode")


def test_names_types_and_indexes_are_osticket_s(mariadb: MariaDB) -> None:
    """On MariaDB the event log and the ticket table are as the installer leaves them, InnoDB and utf8mb3."""
    engine = create_engine(mariadb.create("demo_schema"))
    metadata("x_").create_all(engine)
    engine.dispose()
    where = "table_schema = 'demo_schema' AND table_name = "
    columns = mariadb.execute(
        f"SELECT column_name, column_type, is_nullable FROM information_schema.columns WHERE {where}'x_thread_event' "
        "ORDER BY ordinal_position"
    )
    assert columns == EVENT_COLUMNS
    names = mariadb.execute(f"SELECT DISTINCT index_name FROM information_schema.statistics WHERE {where}'x_ticket'")
    assert {name for (name,) in names} == TICKET_INDEXES
    unique = mariadb.execute(
        "SELECT table_name, index_name FROM information_schema.statistics WHERE table_schema = 'demo_schema' "
        "AND non_unique = 0 AND index_name <> 'PRIMARY' GROUP BY table_name, index_name"
    )
    assert ("x_department", "name") in unique
    assert ("x_help_topic", "topic") in unique
    kinds = mariadb.execute(
        "SELECT DISTINCT engine, table_collation LIKE 'utf8mb3%' FROM information_schema.tables "
        "WHERE table_schema = 'demo_schema'"
    )
    assert kinds == [("InnoDB", 1)]


def test_tables_first_indexes_later_is_the_same(mariadb: MariaDB) -> None:
    """Creating the indexes after the rows leaves the same indexes as creating all at once."""
    found = []
    for name in ("demo_at_once", "demo_later"):
        engine = create_engine(mariadb.create(name))
        with engine.begin() as connection:
            schema = metadata()
            if name == "demo_at_once":
                schema.create_all(connection)
            else:
                create_tables(connection, schema)
                create_indexes(connection, schema)
        engine.dispose()
        found.append(mariadb.execute(
            "SELECT table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index) "
            f"FROM information_schema.statistics WHERE table_schema = '{name}' GROUP BY 1, 2, 3 ORDER BY 1, 2"
        ))  # fmt: skip
    assert found[0] == found[1]
    assert len(found[0]) > 60


def test_installer_s_rows(mariadb: MariaDB) -> None:
    """Statuses, priorities and events have the installer's ids; the zero date is kept on either server."""
    for url in ("sqlite://", mariadb.create("demo_fixed")):
        engine = create_engine(url)
        schema = metadata()
        with engine.begin() as connection:
            schema.create_all(connection)
            fill_fixed(connection, schema, settings={"default_timezone": "Asia/Kolkata"})
            status, event, config = (table(schema, name).c for name in ("ticket_status", "event", "config"))
            states = connection.execute(select(status.id, status.state, status.updated).order_by(status.id)).all()
            assert [(number, state) for number, state, _ in states] == [
                (1, "open"), (2, "closed"), (3, "closed"), (4, "archived"), (5, "deleted"),
            ]  # fmt: skip
            assert {str(updated) for *_, updated in states} == {ZERO}
            assert connection.execute(select(event.name).where(event.id == 14)).scalar_one() == "deleted"
            zone = select(config.value).where(config.key == "default_timezone")
            assert connection.execute(zone).scalar_one() == "Asia/Kolkata"
        engine.dispose()


def test_bulk_writer_keeps_every_character(mariadb: MariaDB) -> None:
    """Quotes, backslashes, percent signs, newlines, NULLs and moments arrive as they were, on either server."""
    for url in ("sqlite://", mariadb.create("demo_writer")):
        engine = create_engine(url)
        schema = metadata()
        entries = table(schema, "thread_entry")
        size = len(HOSTILE)
        with engine.begin() as connection:
            like_osticket(connection)
            schema.create_all(connection)
            written = write(connection, entries, size, {
                "title": Words(HOSTILE, np.array([*range(size - 1), -1])),
                "body": Words(HOSTILE, np.arange(size)),
                "editor": Nullable(np.array([-1, *range(1, size)])),
                "extra": None,
                "flags": 65,
                "poster": "O'Nobody",
                "created": Moments(np.full(size, 1_700_000_000)),
                "updated": Moments(np.full(size, 1_700_000_000)),
            })  # fmt: skip
            columns = (entries.c.title, entries.c.body, entries.c.editor, entries.c.extra, entries.c.poster)
            found = connection.execute(select(*columns, entries.c.created).order_by(entries.c.id)).all()
        engine.dispose()
        assert written == size
        assert [row.title for row in found] == [*HOSTILE[:-1], None]
        assert [row.body for row in found] == list(HOSTILE)
        assert [row.editor for row in found] == [None, *range(1, size)]
        assert {(row.extra, row.poster) for row in found} == {(None, "O'Nobody")}
        assert {str(row.created) for row in found} == {"2023-11-14 22:13:20"}


def test_moments_as_text() -> None:
    """Moments are written in UTC to the second; one that did not happen is NULL."""
    assert moment_texts(np.array([0, 86_399, 951_782_400, 1_700_000_000, -1])) == [
        "1970-01-01 00:00:00", "1970-01-01 23:59:59", "2000-02-29 00:00:00", "2023-11-14 22:13:20", None,
    ]  # fmt: skip
