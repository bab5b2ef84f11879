"""A collector on the real Slurm of the tests."""

from typing import Final

from exporter.config.cluster import Slurm
from exporter.departments import Directory, Schools
from exporter.slurm.collector import SlurmCollector, open_source
from exporter.slurm.kept import Store
from tests.slurm import people

NOW: Final = 1_800_000_000.0
HOUR: Final = 3600.0
SCHOOLS: Final = Schools.from_lists(people.SCHOOLS)


def settings(timeout: float = 10) -> Slurm:
    """Return the configuration's section for the real commands."""
    return Slurm(source="cli", timeout=timeout)


def collector(
    environment: dict[str, str], directory: Directory | None = None, timeout: float = 10, store: Store | None = None
) -> SlurmCollector:
    """Return a collector that asks with this environment."""
    source = open_source(settings(timeout), environment)
    return SlurmCollector(source, settings(timeout), directory or Directory(), SCHOOLS, store)
