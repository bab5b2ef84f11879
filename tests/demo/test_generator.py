from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, inspect, text

from exporter.demo.apportion import apportion
from exporter.demo.generator import write_demo_database
from exporter.demo.moments import draw
from exporter.errors import DemoError, UmbrellaError
from tests.demo import dump
from tests.servers import MariaDB

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


def written(url: str, **arguments: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Write a demo database and return its rows."""
    write_demo_database(url, **{"tickets": 400, "now": NOW, **arguments})
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = dump.rows(connection)
    engine.dispose()
    return rows


def test_same_seed_same_rows_on_sqlite_and_mariadb(mariadb: MariaDB, tmp_path: Path) -> None:
    """The seed decides every row, on either server; another seed decides others."""
    first = written(f"sqlite:///{tmp_path / 'one.sqlite'}")
    assert first == written(f"sqlite:///{tmp_path / 'two.sqlite'}")
    assert first == written(mariadb.create("demo_same"))
    other = written(f"sqlite:///{tmp_path / 'three.sqlite'}", seed=2)
    assert other["ost_ticket"] != first["ost_ticket"]


def test_summary_counts_what_was_written(tmp_path: Path) -> None:
    """The summary's numbers are the tables'."""
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    summary = write_demo_database(url, tickets=1000, now=NOW)
    engine = create_engine(url)
    with engine.connect() as connection:
        first, last = connection.execute(text("SELECT MIN(created), MAX(created) FROM ost_ticket")).one()
        names = ("ost_ticket", "ost_user", "ost_thread_event", "ost_thread_entry")
        counts = [dump.count(connection, name) for name in names]
    engine.dispose()
    assert [summary.tickets, summary.requesters, summary.events, summary.entries] == counts
    assert summary.tickets == 1000
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, last)]
    assert [summary.first, summary.last] == moments


@pytest.mark.parametrize("tickets", [0, 1, 2, 3, 10, 61])
def test_small_desks(tmp_path: Path, tickets: int) -> None:
    """Any number of tickets from none on gives a whole database with that many rows."""
    summary = write_demo_database(f"sqlite:///{tmp_path / 'demo.sqlite'}", tickets=tickets, now=NOW)
    assert summary.tickets == tickets
    assert (summary.first is None) == (tickets == 0)


@pytest.mark.parametrize(
    "now", ["2021-01-05T05:00:00", "2021-02-28T23:00:00", "2024-03-10T07:30:00", "2024-06-01T04:00:00"]
)
def test_any_present_moment(tmp_path: Path, now: str) -> None:
    """The history may end in the published period, at a month's first second, in the hour of a clock change."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    summary = write_demo_database(f"sqlite:///{tmp_path / 'demo.sqlite'}", tickets=None, now=moment)
    assert summary.last is not None
    assert summary.last <= moment


def test_prefix(tmp_path: Path) -> None:
    """The tables bear the prefix that was asked for."""
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    write_demo_database(url, tickets=20, now=NOW, prefix="help_")
    engine = create_engine(url)
    assert all(name.startswith("help_") for name in inspect(engine).get_table_names())
    engine.dispose()


def test_refuses_a_database_that_holds_such_tables(mariadb: MariaDB, tmp_path: Path) -> None:
    """A second run, or a run on somebody's help desk, writes nothing and says which table is there."""
    for url in (mariadb.create("demo_twice"), f"sqlite:///{tmp_path / 'demo.sqlite'}"):
        write_demo_database(url, tickets=5, now=NOW)
        with pytest.raises(DemoError, match="already holds 21 tables named ost_") as error:
            write_demo_database(url, tickets=7, now=NOW)
        assert "admin:admin" not in str(error.value)
        engine = create_engine(url)
        with engine.connect() as connection:
            assert dump.count(connection, "ost_ticket") == 5
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "not a database URL"),
        ("nosuch://host/name", "does not run on nosuch"),
        ("postgresql://host/name", "does not run on postgresql"),
        ("mysql+nosuch://host/name", "not a database URL"),
        ("mysql+mysqldb://host/name", "not a database URL"),
        ("sqlite:////nonexistent/directory/demo.sqlite", "cannot be written"),
        ("mysql+pymysql://nobody:secret@127.0.0.1:1/demo", "cannot be written"),
    ],
)
def test_mistakes_in_the_url(url: str, told: str) -> None:
    """A wrong address is one message without the password."""
    with pytest.raises(DemoError, match=told) as error:
        write_demo_database(url, tickets=5, now=NOW)
    assert isinstance(error.value, UmbrellaError)
    assert "secret" not in str(error.value)


def test_missing_rights(mariadb: MariaDB) -> None:
    """A user who may not create tables is told so."""
    mariadb.create("demo_rights")
    mariadb.execute("CREATE OR REPLACE USER demo_reader@'127.0.0.1' IDENTIFIED BY 'demo_reader'")
    mariadb.execute("GRANT SELECT ON demo_rights.* TO demo_reader@'127.0.0.1'")
    with pytest.raises(DemoError, match="may this user create tables"):
        write_demo_database(mariadb.url("demo_rights", "demo_reader", "demo_reader"), tickets=5, now=NOW)


def test_impossible_arguments(tmp_path: Path) -> None:
    """A negative size, a clock before the history, a database that osTicket does not run on: refused, no file left."""
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    with pytest.raises(DemoError, match="--tickets -1"):
        write_demo_database(url, tickets=-1, now=NOW)
    with pytest.raises(DemoError, match="the clock says 1970-01-01"):
        write_demo_database(url, now=datetime(1970, 1, 1, tzinfo=UTC))
    assert not list(tmp_path.iterdir())


def test_first_second_of_a_month() -> None:
    """A month that has only just begun has its tickets at that second."""
    midnight = int(datetime(2024, 6, 1, 4, tzinfo=UTC).timestamp())  # 00:00 in New York
    drawn = draw(np.random.default_rng(1), np.datetime64("2024-06", "M"), 2, midnight)
    assert drawn.astype(str).tolist() == ["2024-06-01T00:00:00"] * 2


def test_apportion_sums_and_keeps_whole_weights() -> None:
    """Shares are whole and sum to the total; weights that are the answer already come back; ties go to the first."""
    assert apportion(10, [1, 1, 1]).tolist() == [4, 3, 3]
    assert apportion(5958, [57, 3, 5898]).tolist() == [57, 3, 5898]
    assert apportion(0, [1, 2]).tolist() == [0, 0]
    assert apportion(5, [0, 0]).tolist() == [0, 0]
