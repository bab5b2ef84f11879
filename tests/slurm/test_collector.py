"""When the Slurm collector asks, what it publishes, and what it keeps."""

import logging
from pathlib import Path

import pytest

from exporter.collector import Collector
from exporter.config import model
from exporter.departments import Directory, Schools
from exporter.errors import SlurmError, StateError
from exporter.people import Pseudonyms
from exporter.slurm.accounts import AccountRows
from exporter.slurm.collector import build
from exporter.slurm.sources import DemoSource
from exporter.state import StateDirectory
from exporter.world import World
from tests.slurm.samples import values
from tests.slurm.worlds import ROWS, Memory, Told, collector

NOW = 1_800_000_000.0
AWAY = SlurmError("slurmdbd is away")
PUBLISHED = {
    "slurm_users": {(): 2},
    "slurm_department_users": {("computer science", "CEC"): 1, ("root", "other"): 1},
    "slurm_accounts": {(): 2},
}


def test_refresh_publishes_and_fills_the_directory() -> None:
    """One refresh publishes users, departments and accounts and tells the directory each user's department."""
    directory = Directory()
    slurm: Collector = collector(Told(), directory)
    refresh = slurm.refresh(NOW)
    assert (values(refresh.families), refresh.rows, refresh.problem) == (PUBLISHED, 4, None)
    assert directory.of("EVE") == "computer science"
    assert (slurm.name, slurm.interval, slurm.demo) == ("slurm", 30.0, False)


def test_accounts_are_asked_at_their_own_pace() -> None:
    """Every 30 s a refresh, every 10 minutes the question for users; a clock set back asks at once."""
    source = Told()
    slurm = collector(source)
    asked = []
    for seconds in (*range(0, 1201, 30), 1200 - 3600, 1230 - 3600):
        before = source.asked
        slurm.refresh(NOW + seconds)
        asked += [seconds] * (source.asked - before)
    assert asked == [0, 600, 1200, 1200 - 3600]


def test_refreshes_that_start_a_little_late_do_not_skip_one() -> None:
    """A question due a moment after a refresh is asked in it, not a whole refresh later."""
    source = Told()
    slurm = collector(source)
    slurm.refresh(NOW + 0.4)
    slurm.refresh(NOW + 600)
    assert source.asked == 2


def test_failure_keeps_the_last_data_and_is_tried_again_at_once() -> None:
    """While Slurm is away the last data stay with a problem that says from when; each refresh asks again; recovery."""
    source, directory = Told(), Directory()
    slurm = collector(source, directory)
    slurm.refresh(NOW)
    source.answer = AWAY
    for asked, seconds in ((2, 600), (3, 630)):
        refresh = slurm.refresh(NOW + seconds)
        assert values(refresh.families) == PUBLISHED
        assert refresh.problem == "slurmdbd is away. Users and departments of 2027-01-15T08:00:00Z stay"
        assert source.asked == asked
    assert directory.of("eve") == "computer science"
    source.answer = AccountRows({"root": "root", "eve": "phys"}, {"root": "root", "phys": "phys"})
    refresh = slurm.refresh(NOW + 660)
    assert refresh.problem is None
    assert values(refresh.families)["slurm_department_users"] == {("phys", "other"): 1, ("root", "other"): 1}
    assert directory.of("eve") == "phys"


def test_nothing_ever_read_is_a_failed_refresh() -> None:
    """Without any data, old or new, the refresh raises and publishes no zeros."""
    with pytest.raises(SlurmError, match="slurmdbd is away"):
        collector(Told(AWAY), store=Memory()).refresh(NOW)


def test_restart_without_slurm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a restart without slurmdbd kept departments are published with a problem; the log says of when they are."""
    with StateDirectory(tmp_path) as state:
        collector(Told(), store=state).refresh(NOW)
    directory, source = Directory(), Told(AWAY)
    with StateDirectory(tmp_path) as state, caplog.at_level(logging.INFO, "exporter.slurm.collector"):
        slurm = collector(source, directory, state)
        slurm.restore()
        assert directory.of("eve") == "computer science"
        assert "2 users as of 2027-01-15T08:00:00Z from the state directory" in caplog.text
        refresh = slurm.refresh(NOW + 86400)
        assert values(refresh.families) == PUBLISHED
        assert refresh.problem == "slurmdbd is away. Users and departments of 2027-01-15T08:00:00Z stay"
        source.answer = ROWS
        assert slurm.refresh(NOW + 86430).problem is None


@pytest.mark.parametrize(
    "change",
    [
        {"read_at": "yesterday"},
        {"read_at": 1e300},
        {"read_at": float("nan")},
        {"default_accounts": ["eve"]},
        {"default_accounts": {"eve": None}},
        {"default_accounts": {}},
        {"organizations": {"cs": 1}},
        None,
    ],
)
def test_kept_data_that_make_no_sense_are_not_used(change: dict[str, object] | None) -> None:
    """What was kept and is no table of users counts as missing."""
    store = Memory()
    collector(Told(), store=store).refresh(NOW)
    ((key, data),) = store.documents.items()
    store.documents[key] = None if change is None else data | change
    slurm = collector(Told(AWAY), store=store)
    slurm.restore()
    with pytest.raises(SlurmError):
        slurm.refresh(NOW)


def test_close_reaches_the_source() -> None:
    """Closing the collector closes its source."""
    source = Told()
    collector(source).close()
    assert source.closed


def test_demo_is_said_and_not_kept() -> None:
    """Invented users show as such, at every refresh, and closing needs nothing."""
    slurm = collector(DemoSource(lambda: ROWS))
    assert slurm.demo
    assert values(slurm.refresh(NOW).families) == PUBLISHED
    slurm.close()


def world(state: StateDirectory) -> World:
    """Return a world around a state directory."""
    return World(Directory(), Schools(), state, Pseudonyms("hash", state.key()))


def test_build_restores_and_asks_nothing(tmp_path: Path) -> None:
    """Building the collector fills the directory from the state and starts no command."""
    config = model.Config(slurm=model.Slurm(source="cli", command_prefix=("/nonexistent/prefix",)))
    with StateDirectory(tmp_path) as state:
        collector(Told(), store=state).refresh(NOW)
        here = world(state)
        slurm = build(config, here)
        assert here.directory.of("eve") == "computer science"
        problem = slurm.refresh(NOW).problem
        assert problem is not None
        assert problem.startswith("/nonexistent/prefix: cannot be started: not found.")
        slurm.close()


def test_build_refuses_a_newer_state(tmp_path: Path) -> None:
    """Users kept by a later version stop the start with what to do: using or replacing them would lose something."""
    with StateDirectory(tmp_path) as state:
        state.write("slurm_accounts", 99, {})
        with pytest.raises(StateError, match="newer version"):
            build(model.Config(slurm=model.Slurm(source="cli")), world(state))


def test_build_of_the_demo(tmp_path: Path) -> None:
    """The demo's 1743 users are published as such, and nothing of them is kept."""
    with StateDirectory(tmp_path) as state:
        here = world(state)
        slurm = build(model.Config(slurm=model.Slurm(source="demo")), here)
        found = values(slurm.refresh(NOW).families)
        assert slurm.demo
        assert found["slurm_users"] == {(): 1743}
        assert sum(found["slurm_department_users"].values()) == 1743
        assert len(here.directory.departments) == 1743
        assert state.read("slurm_accounts", 1) is None
