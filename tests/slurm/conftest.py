"""The real Slurm of the tests."""

from collections.abc import Iterator

import pytest

from tests.slurm import people
from tests.slurm.cluster import SlurmCluster


@pytest.fixture(scope="session")
def slurm_cluster() -> Iterator[SlurmCluster]:
    """A private Slurm with 300 plain users and some with hostile departments; nothing of it is left at the end."""
    cluster = SlurmCluster()
    with cluster:
        cluster.load(people.associations(300))
        # Loading drops backslashes, changing does not.
        cluster.run("sacctmgr", "-i", "modify", "account", "quotes", "set", f"organization={people.HOSTILE['quotes']}")
        yield cluster
    assert cluster.leftovers() == []
