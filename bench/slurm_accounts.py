"""Users and departments of 1743 users from a real Slurm: two commands against two commands per user."""

import statistics
import sys
import time
from typing import Final

from exporter.config.cluster import Slurm
from exporter.departments import Directory, Schools
from exporter.slurm.collector import SlurmCollector, open_source
from tests.slurm import people
from tests.slurm.cluster import SlurmCluster

USERS: Final = 1743
NAIVE_USERS: Final = 20
REPEATS: Final = 7


def rows() -> list[tuple[str, str, str, str]]:
    """Return one row (work, naive, ours, target), measured on a private Slurm that is started for it."""
    with SlurmCluster() as cluster:
        # Slurm's own root and the two users of each hostile account belong to the 1743.
        cluster.load(people.associations(USERS - 1 - 2 * len(people.HOSTILE)))
        ours = _ours(cluster)
        naive = _naive(cluster)
    return [
        (
            f"users and departments from Slurm, {USERS} users",
            f"{naive * USERS:.0f} s (two commands per user: {naive:.3f} s each, {NAIVE_USERS} users extrapolated)",
            f"{ours:.2f} s (two commands, median of {REPEATS})",
            "≤ 0.5 s",
        )
    ]


def _ours(cluster: SlurmCluster) -> float:
    """Return the seconds of a whole refresh: both commands, parsing, families and the directory."""
    settings = Slurm(source="cli", accounts_refresh=1)
    source = open_source(settings, cluster.environment)
    directory = Directory()
    collector = SlurmCollector(source, settings, directory, Schools.from_lists(people.SCHOOLS), None)
    seconds = []
    for repeat in range(REPEATS):
        start = time.perf_counter()
        collector.refresh(1_800_000_000 + 60 * repeat)
        seconds.append(time.perf_counter() - start)
    if len(directory.departments) != USERS:
        raise RuntimeError(f"{len(directory.departments)} users were read, not {USERS}")
    return statistics.median(seconds)


def _naive(cluster: SlurmCluster) -> float:
    """Return the seconds per user of the usual shell loop: the default account, then its organization."""
    start = time.perf_counter()
    for index in range(NAIVE_USERS):
        user = f"u{index:04d}"
        account = cluster.run("sacctmgr", "-nP", "show", "user", user, "format=defaultaccount").strip()
        cluster.run("sacctmgr", "-nP", "show", "account", account, "format=organization")
    return (time.perf_counter() - start) / NAIVE_USERS


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(" | ".join(row) + "\n")
