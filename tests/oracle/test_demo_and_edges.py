import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.demo.generator import write_demo_database
from tests.oracle.accidents import delete, delete_many
from tests.oracle.adapter import Exporter, Site
from tests.oracle.comparison import differences
from tests.oracle.daily import DAILY, open_ticket
from tests.oracle.hostile import Hostile, Plan, generate
from tests.oracle.life import Life
from tests.oracle.oracle import compute
from tests.oracle.rowset import connect
from tests.oracle.settings import Settings
from tests.oracle.variants import Version
from tests.servers import MariaDB

_RECONCILE = 600.0


def agrees(exporter: Exporter, url: str, now: float, hostile: Hostile, settings: Settings) -> None:
    """Refresh and hold the result against the oracle's."""
    ours = exporter.samples(now)
    truth = compute(url, now=now, departments=hostile.departments, schools=hostile.schools, settings=settings)
    assert not differences(ours, truth), "\n" + differences(ours, truth)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_the_demo_agrees(mariadb: MariaDB, tmp_path: Path, kind: str) -> None:
    """Every sample of the demonstration's own database is the oracle's, on SQLite and on MariaDB."""
    now = int(time.time())
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}" if kind == "sqlite" else mariadb.create("oracle_demo")
    write_demo_database(url, tickets=3000, seed=3, now=datetime.fromtimestamp(now, UTC))
    settings = Settings(site_domains=("example.edu",), agents=True)
    with Exporter(url, tmp_path / "state", Site({}, {}), settings) as exporter:
        ours = exporter.samples(float(now))
    truth = compute(url, now=float(now), departments={}, schools={}, settings=settings)
    assert truth["osticket_users", frozenset()] > 100
    assert not differences(ours, truth), "\n" + differences(ours, truth)


@pytest.mark.parametrize("version", ["1.18", "1.10"])
def test_a_help_desk_without_a_ticket_agrees(mariadb: MariaDB, tmp_path: Path, version: Version) -> None:
    """A help desk that was just installed has every known label value at zero, and no other sample."""
    plan = Plan(now=float(int(time.time())), version=version, server_zone="UTC", tickets=0)
    url = mariadb.create(f"oracle_new_{version.replace('.', '_')}")
    hostile = generate(url, plan)
    settings = Settings(site_domains=hostile.site_domains)
    with Exporter(url, tmp_path, Site(hostile.departments, hostile.schools), settings) as exporter:
        agrees(exporter, url, plan.now, hostile, settings)


def _empty(life: Life) -> None:
    for name in ("ticket", "thread", "thread_entry", "thread_event", "form_entry", "form_entry_values"):
        life.run(f"DELETE FROM {{{name}}}")


@pytest.mark.parametrize("accident", [delete, delete_many, _empty])
@pytest.mark.parametrize("version", ["1.18", "1.12", "1.10"])
def test_deletions_alone_are_followed(
    mariadb: MariaDB, tmp_path: Path, version: Version, accident: Callable[[Life], None]
) -> None:
    """When nothing happens but that tickets vanish, refreshes go on, the next reconcile shows it, and life goes on."""
    now = float(int(time.time()))
    plan = Plan(now=now, version=version, server_zone="UTC", tickets=100, seed=4)
    url = mariadb.create("oracle_deletions")
    hostile = generate(url, plan)
    settings, site = Settings(site_domains=hostile.site_domains), Site(hostile.departments, hostile.schools)
    with connect(url) as connection, Exporter(url, tmp_path, site, settings, reconcile=_RECONCILE) as exporter:
        life = Life(connection, plan.prefix, version, hostile.event_ids, "UTC", random.Random(2), now)
        exporter.samples(now)
        open_ticket(life, 10**6)
        exporter.samples(now + 60)
        accident(life)
        exporter.samples(now + 120)
        agrees(exporter, url, now + 120 + _RECONCILE, hostile, settings)
        life.now = now + 780
        open_ticket(life)
        agrees(exporter, url, now + 840, hostile, settings)


@pytest.mark.parametrize("change", DAILY)
def test_a_reconcile_loses_nothing_of_its_own_interval(
    mariadb: MariaDB, tmp_path: Path, change: Callable[[Life], None]
) -> None:
    """What happened since the last refresh shows too when the next one is a reconcile, with no refresh in between."""
    now = float(int(time.time()))
    plan = Plan(now=now, server_zone="UTC", tickets=100, seed=9)
    url = mariadb.create("oracle_interval")
    hostile = generate(url, plan)
    settings = Settings(site_domains=hostile.site_domains, subjects=(r"^\[spam\]",))
    site = Site(hostile.departments, hostile.schools)
    with connect(url) as connection, Exporter(url, tmp_path, site, settings, reconcile=_RECONCILE) as exporter:
        life = Life(connection, plan.prefix, plan.version, hostile.event_ids, "UTC", random.Random(3), now)
        exporter.samples(now)
        for _ in range(8):
            change(life)
        agrees(exporter, url, now + _RECONCILE + 1, hostile, settings)
