import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.oracle.accidents import ACCIDENTS, keep_backup
from tests.oracle.adapter import Exporter, Site
from tests.oracle.comparison import differences
from tests.oracle.daily import DAILY
from tests.oracle.hostile import Plan, generate
from tests.oracle.life import Life
from tests.oracle.oracle import compute
from tests.oracle.rowset import connect
from tests.oracle.settings import Settings
from tests.oracle.variants import Version
from tests.servers import MariaDB

_REFRESH, _RECONCILE = 60.0, 600.0
_STEPS = 14


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("version", ["1.18", "1.14", "1.12", "1.10"])
def test_each_refresh_agrees_with_a_fresh_computation(
    mariadb: MariaDB, tmp_path: Path, version: Version, seed: int
) -> None:
    """While a help desk lives, each refresh shows what happened; what left no trace shows after the next reconcile."""
    rng = random.Random(seed)
    now = float(int(time.time()))
    plan = Plan(now=now, version=version, server_zone="UTC", desk_zone="America/New_York", tickets=150, seed=seed)
    url = mariadb.create(f"oracle_life_{version.replace('.', '_')}_{seed}")
    hostile = generate(url, plan)
    settings = Settings(subjects=(r"^\[spam\]",), topics=("Spam",), site_domains=hostile.site_domains)
    since = datetime.fromtimestamp(now, UTC).date() - timedelta(days=100) if seed == 3 else None
    settings = replace(settings, prefix=plan.prefix, since=since)
    site = Site(hostile.departments, hostile.schools)
    with connect(url) as connection, Exporter(url, tmp_path, site, settings, reconcile=_RECONCILE) as exporter:
        life = Life(connection, plan.prefix, version, hostile.event_ids, "UTC", rng, now)
        keep_backup(life)
        exporter.samples(now)
        history = []
        for _ in range(_STEPS):
            changes = rng.choices(DAILY, k=rng.randint(1, 4))
            if rng.random() < 0.4:
                changes += rng.choices(ACCIDENTS, k=rng.randint(1, 2))
            for change in changes:
                change(life)
                history.append(change.__name__)
            life.now += _REFRESH
            ours = exporter.samples(life.now)
            if set(changes) & set(ACCIDENTS):
                life.now += _RECONCILE
                ours = exporter.samples(life.now)
            truth = compute(url, now=life.now, departments=site.departments, schools=site.schools, settings=settings)
            assert not differences(ours, truth), f"\nafter {', '.join(history)}:\n{differences(ours, truth)}"
            history.append("|")
