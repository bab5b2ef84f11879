import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from exporter.demo import moments
from exporter.demo.generator import write_demo_database
from exporter.demo.live import DemoDesk, open_demo
from exporter.demo.slurm import demo_accounts
from exporter.demo.spikes import planned_spikes
from tests.demo.dump import rows
from tests.servers import MariaDB

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC).timestamp()
HOUR, DAY = 3600, 86_400


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo database that opened at :data:`NOW`; never opened here, only copied."""
    directory = tmp_path_factory.mktemp("fresh")
    _, desk = open_demo(directory, NOW)
    desk.close()
    (path,) = directory.iterdir()
    return path


@pytest.fixture
def state(tmp_path: Path, fresh: Path) -> Path:
    """A state directory in which an earlier run left that database."""
    shutil.copy(fresh, tmp_path)
    return tmp_path


@pytest.fixture
def desk(state: Path) -> Iterator[DemoDesk]:
    """A desk that has just opened."""
    _, desk = open_demo(state, NOW)
    yield desk
    desk.close()


def one(engine: Engine, query: str) -> int:
    """Return the one number that a query yields."""
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_ids_go_on_and_time_too(desk: DemoDesk) -> None:
    """What happens gets the next ids, ascending with time, none later than the present."""
    before = {name: one(desk.engine, f"SELECT MAX(id) FROM ost_{name}") for name in ("thread_event", "thread_entry")}
    assert desk.advance(NOW + 6 * HOUR) > 50
    for name, column in (("thread_event", "timestamp"), ("thread_entry", "created")):
        with desk.engine.connect() as connection:
            query = text(f"SELECT id, {column} FROM ost_{name} WHERE id > {before[name]} ORDER BY id")
            new = [tuple(row) for row in connection.execute(query)]
        assert [number for number, _ in new] == list(range(before[name] + 1, before[name] + 1 + len(new)))
        assert [moment for _, moment in new] == sorted(moment for _, moment in new)
        assert new[0][1] >= "2026-11-18 15:30:00"
        assert new[-1][1] < "2026-11-18 21:30:00"


def test_when_advance_is_called_changes_nothing(tmp_path: Path, fresh: Path) -> None:
    """One call after two hours writes the same rows as a call every 97 seconds, with a restart in between."""
    dumps = []
    for name, step in (("once", 2 * HOUR), ("often", 97)):
        directory = tmp_path / name
        directory.mkdir()
        shutil.copy(fresh, directory)
        _, desk = open_demo(directory, NOW)
        for moment in range(int(NOW) + step, int(NOW) + 2 * HOUR, step):
            desk.advance(moment)
            if moment % 10 == 0:
                desk.close()
                _, desk = open_demo(directory, moment)
        desk.advance(NOW + 2 * HOUR)
        with desk.engine.connect() as connection:
            dumps.append(rows(connection))
        desk.close()
    assert dumps[0] == dumps[1]


def test_the_past_is_not_lived_twice(desk: DemoDesk) -> None:
    """A second call for the same minute, or a clock set back, inserts nothing."""
    assert desk.advance(NOW + HOUR) > 0
    assert desk.advance(NOW + HOUR + 1) == 0
    assert desk.advance(NOW - DAY) == 0


def test_first_incident_comes_within_the_hour_as_planned(desk: DemoDesk) -> None:
    """The planned number of tickets, at the planned moments, all from one department, and nobody else's."""
    plan = next(planned_spikes(desk.seed, int(NOW), int(NOW) + HOUR))
    assert NOW < plan.moments[0] <= plan.moments[-1] < NOW + HOUR + 5 * 60
    desk.advance(NOW + 2 * HOUR)
    with desk.engine.connect() as connection:
        found = connection.execute(text(
            "SELECT t.created, e.address FROM ost_ticket t JOIN ost_user u ON u.id = t.user_id "
            "JOIN ost_user_email e ON e.id = u.default_email_id WHERE t.source_extra = 'incident' ORDER BY t.ticket_id"
        )).all()  # fmt: skip
    departments = demo_accounts().departments()
    assert [datetime.fromisoformat(row.created).replace(tzinfo=UTC).timestamp() for row in found] == list(plan.moments)
    assert {departments[row.address.lower().removesuffix("@example.edu")] for row in found} == {plan.department}


def test_incidents_follow_every_three_to_five_days() -> None:
    """The plan is a function of seed and opening: same arguments same plan; gaps from 3 to 5 days."""
    plan = list(planned_spikes(3, int(NOW), int(NOW) + 60 * DAY))
    assert plan == list(planned_spikes(3, int(NOW), int(NOW) + 60 * DAY))
    assert plan != list(planned_spikes(4, int(NOW), int(NOW) + 60 * DAY))
    assert [spike.number for spike in plan] == list(range(len(plan)))
    gaps = [after.moments[0] - before.moments[0] for before, after in pairwise(plan)]
    assert all(3 * DAY - HOUR < gap < 5 * DAY + HOUR for gap in gaps)
    assert all(14 <= len(spike.moments) < 20 for spike in plan)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, fresh: Path) -> Iterator[Engine]:
    """The desk four days later."""
    directory = tmp_path_factory.mktemp("lived")
    shutil.copy(fresh, directory)
    engine, desk = open_demo(directory, NOW)
    desk.advance(NOW + 4 * DAY)
    yield engine
    desk.close()


def test_other_tickets_arrive_as_the_history_expects(lived: Engine) -> None:
    """Incidents aside, about as many tickets come as the calendar's rate says (four sigmas)."""
    came = one(lived, "SELECT COUNT(*) FROM ost_ticket WHERE source_extra IS NULL AND created >= '2026-11-18 15:30:00'")
    expected = sum(moments.rate(NOW + hour * HOUR) * HOUR for hour in range(4 * 24))
    assert abs(came - expected) < 4 * expected**0.5
    assert 10 < expected < 60


def test_the_desk_works(lived: Engine) -> None:
    """Tickets are closed, opened again, assigned, handed over and late; the backlog stays a backlog."""
    since = "FROM ost_thread_event WHERE timestamp >= '2026-11-18 15:30:00'"
    for event in (1, 2, 3, 4, 6, 8):
        assert one(lived, f"SELECT COUNT(*) {since} AND event_id = {event}") > 0
    for kind in ("M", "R", "N"):
        new = f"SELECT COUNT(*) FROM ost_thread_entry WHERE created >= '2026-11-18 15:30:00' AND type = '{kind}'"
        assert one(lived, new) > 0
    assert 120 < one(lived, "SELECT COUNT(*) FROM ost_ticket WHERE status_id = 1") < 300
    assert one(lived, "SELECT COUNT(*) FROM ost_ticket WHERE (status_id = 1) <> (closed IS NULL)") == 0


def test_reopening_annuls_the_closing(lived: Engine) -> None:
    """No closing before a reopening of the same thread stays valid."""
    assert one(lived, """SELECT COUNT(*) FROM ost_thread_event r JOIN ost_thread_event c
        ON c.thread_id = r.thread_id AND c.event_id = 2 AND c.id < r.id WHERE r.event_id = 3 AND c.annulled = 0
        """) == 0  # fmt: skip


def test_newcomers_become_users(lived: Engine) -> None:
    """People who never asked before get a row and an address of their own when they do."""
    assert one(lived, "SELECT COUNT(*) FROM ost_user WHERE created >= '2026-11-18 15:30:00'") > 0
    assert one(lived, """SELECT COUNT(*) FROM ost_user u WHERE default_email_id NOT IN
        (SELECT id FROM ost_user_email e WHERE e.user_id = u.id)""") == 0  # fmt: skip


def test_a_whole_recent_database_is_used_again(state: Path) -> None:
    """After a restart the desk goes on where it was, two days at most."""
    for seconds in (0, DAY):
        engine, desk = open_demo(state, NOW + seconds)
        assert desk.settings() == {"seed": 1, "opened": int(NOW), "advanced": int(NOW)}
        assert engine is desk.engine
        desk.close()
    _, desk = open_demo(state, NOW + 3 * DAY)
    assert desk.settings()["opened"] == NOW + 3 * DAY
    desk.close()


@pytest.mark.parametrize("damage", ["garbage", "half", "other seed", "no tables", "future"])
def test_any_other_database_is_written_anew(state: Path, damage: str) -> None:
    """Broken, cut, foreign, empty or dated after the present: replaced by a whole one."""
    if damage == "other seed":
        open_demo(state, NOW, seed=2)[1].close()
    (path,) = state.iterdir()
    if damage == "garbage":
        path.write_bytes(b"not a database" * 1000)
    elif damage == "half":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "no tables":
        path.write_bytes(b"")
    now = NOW - DAY if damage == "future" else NOW
    _, desk = open_demo(state, now)
    assert desk.settings()["seed"] == 1
    assert desk.settings()["advanced"] == now
    assert one(desk.engine, "SELECT COUNT(*) FROM ost_ticket") > 10_000
    desk.close()


def test_without_a_state_directory_nothing_is_left() -> None:
    """The temporary database is gone when the desk closes."""
    engine, desk = open_demo(None, NOW)
    path = Path(str(engine.url.database))
    assert path.exists()
    desk.close()
    assert not path.parent.exists()


def test_lives_on_mariadb_too(mariadb: MariaDB, tmp_path: Path) -> None:
    """The same seed lives the same life on MariaDB as on SQLite."""
    dumps = []
    for url in (mariadb.create("demo_live"), f"sqlite:///{tmp_path / 'live.sqlite'}"):
        write_demo_database(url, tickets=500, now=datetime.fromtimestamp(NOW, UTC))
        engine = create_engine(url)
        desk = DemoDesk(engine)
        desk.open(NOW)
        desk.advance(NOW + 6 * HOUR)
        with engine.connect() as connection:
            dumps.append(rows(connection))
        desk.close()
    assert dumps[0] == dumps[1]


def test_texts_have_no_open_slots(desk: DemoDesk) -> None:
    """Every template is filled in."""
    with desk.engine.connect() as connection:
        assert not _with_braces(connection, "SELECT title FROM ost_thread_entry WHERE title IS NOT NULL")
        assert not _with_braces(connection, "SELECT body FROM ost_thread_entry")


def _with_braces(connection: Connection, query: str) -> list[str]:
    return [value for value in connection.execute(text(query)).scalars() if re.search(r"[{}\0]", value)]
