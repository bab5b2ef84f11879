"""The table of collectors: which module builds which."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Final, cast

from exporter.collector import Collector
from exporter.config import Config
from exporter.world import World

Factory = Callable[[Config, World], Collector]
# What turns a configuration into collectors; tests pass their own.
Builder = Callable[[Config, World], list[Collector]]

# In the order of refreshing: Slurm knows the departments that the tickets are counted by. A module is imported only
# when its collector is on, so that a service without tickets holds no pandas in memory.
MODULES: Final[Mapping[str, str]] = {
    "slurm": "exporter.slurm.collector",
    "tickets": "exporter.osticket.collector",
}


def enabled(config: Config) -> list[str]:
    """Return the names of the collectors that are on, in the order of refreshing."""
    return [name for name in MODULES if name in config.collectors]


def build_collectors(config: Config, world: World) -> list[Collector]:
    """Build the collectors that are on.

    Raises:
        UmbrellaError: one of them cannot be built; those built before it are closed.
    """
    built: list[Collector] = []
    try:
        built.extend(cast("Factory", import_module(MODULES[name]).build)(config, world) for name in enabled(config))
    except BaseException:
        close_all(built)
        raise
    return built


def close_all(collectors: Iterable[Collector]) -> None:
    """Close collectors that never ran in a schedule."""
    for collector in collectors:
        collector.close()
