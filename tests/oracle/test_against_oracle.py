import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.oracle.adapter import Exporter, Site, pseudonym
from tests.oracle.comparison import differences
from tests.oracle.hostile import Hostile, Plan, generate
from tests.oracle.oracle import compute
from tests.oracle.settings import Settings
from tests.oracle.variants import Version
from tests.servers import MariaDB

NOW = float(int(time.time()))  # whole, so that windows, ages and buckets meet their bounds exactly

EVERYTHING = Settings(
    senders=("*@NOTexample.edu", "u01[0-3]@*"),
    subjects=(r"\[spam\]", "^out of office"),
    topics=("Spam", "Report a Problem / Off / Way", "12"),
    agents=True,
)


def check(url: str, folder: Path, hostile: Hostile, settings: Settings, now: float = NOW) -> None:
    """Hold the exporter's samples and the oracle's side by side."""
    site = Site(hostile.departments, hostile.schools)
    with Exporter(url, folder, site, settings) as exporter:
        ours = exporter.samples(now)
    truth = compute(url, now=now, departments=hostile.departments, schools=hostile.schools, settings=settings)
    assert len(truth) > 1000
    assert not differences(ours, truth), "\n" + differences(ours, truth)


def settings_of(plan: Plan, hostile: Hostile, settings: Settings = EVERYTHING) -> Settings:
    """Return settings that fit a database."""
    return replace(
        settings, prefix=plan.prefix, server_zone=plan.server_zone, site_domains=hostile.site_domains, person=pseudonym
    )


@pytest.fixture(scope="module", params=["America/New_York", "Europe/Berlin"])
def zoned(request: pytest.FixtureRequest) -> Iterator[tuple[MariaDB, str]]:
    """A server whose system clock stands in a zone with changes of clock, and the zone."""
    with MariaDB(environment={"TZ": request.param}) as server:
        yield server, request.param


@pytest.mark.parametrize("version", ["1.18", "1.14", "1.12", "1.10"])
def test_every_sample_agrees_in_every_schema(zoned: tuple[MariaDB, str], tmp_path: Path, version: Version) -> None:
    """On a hostile database of each schema, under servers in two zones, every sample is the oracle's and no other."""
    server, zone = zoned
    desk_zone = "Asia/Kolkata" if zone == "Europe/Berlin" else "Pacific/Auckland"
    plan = Plan(now=NOW, version=version, server_zone=zone, desk_zone=desk_zone, seed=len(zone))
    url = server.create(f"oracle_{version.replace('.', '_')}")
    hostile = generate(url, plan)
    check(url, tmp_path, hostile, settings_of(plan, hostile))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_sample_agrees_on_large_tables(mariadb: MariaDB, tmp_path: Path, seed: int) -> None:
    """Thousands of hostile tickets, at a moment between two seconds, on a server in UTC."""
    plan = Plan(now=NOW, server_zone="UTC", desk_zone="America/St_Johns", tickets=2500, seed=seed)
    url = mariadb.create(f"oracle_large_{seed}")
    hostile = generate(url, plan)
    check(url, tmp_path, hostile, settings_of(plan, hostile), NOW + 0.25)


@pytest.mark.parametrize("label", ["hash", "id", "name", "off"])
def test_every_label_of_persons_agrees(mariadb: MariaDB, tmp_path: Path, label: str) -> None:
    """Requesters by pseudonym, id, name and not at all; nothing excluded; another prefix; MyISAM."""
    plan = Plan(now=NOW, server_zone="UTC", prefix="help_desk_2_", engine="MyISAM", seed=11)
    url = mariadb.create(f"oracle_label_{label}")
    hostile = generate(url, plan)
    settings = settings_of(plan, hostile, Settings(user_label=label, top=7, auto_replies=False))  # type: ignore[arg-type]
    check(url, tmp_path, hostile, settings)


def test_the_configured_zone_overrides_the_servers(mariadb: MariaDB, tmp_path: Path) -> None:
    """With ``osticket.timezone`` the database's times are read in that zone, whatever server and osTicket say."""
    plan = Plan(now=NOW, server_zone="Australia/Lord_Howe", seed=5)
    url = mariadb.create("oracle_override")
    hostile = generate(url, plan)
    settings = settings_of(plan, hostile)
    with Exporter(url, tmp_path, Site(hostile.departments, hostile.schools), settings, timezone=plan.server_zone) as it:
        ours = it.samples(NOW)
    truth = compute(url, now=NOW, departments=hostile.departments, schools=hostile.schools, settings=settings)
    assert not differences(ours, truth), "\n" + differences(ours, truth)


def test_old_tickets_are_left_out(mariadb: MariaDB, tmp_path: Path) -> None:
    """With ``osticket.since`` nothing counts that was created before that day of the help desk, or on no day at all."""
    plan = Plan(now=NOW, server_zone="UTC", desk_zone="Pacific/Auckland", seed=6)
    url = mariadb.create("oracle_since")
    hostile = generate(url, plan)
    day = datetime.fromtimestamp(NOW, UTC).date() - timedelta(days=20)
    check(url, tmp_path, hostile, replace(settings_of(plan, hostile), since=day))
