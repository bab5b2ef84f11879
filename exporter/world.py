"""The world that every collector is built into: what they share, passed in rather than imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.departments import Directory, Schools
    from exporter.people import Pseudonyms
    from exporter.state import StateDirectory


@dataclass(frozen=True, slots=True)
class World:
    """What collectors share within one process.

    A collector's factory is ``build(config: Config, world: World) -> Collector``. It is called at start and again at
    every reload of the configuration, so it opens nothing that a refresh could open: a source that is away is a
    failed refresh, not a failed start.

    Attributes:
        directory: department by cluster user; Slurm's collector swaps it, the others read it. The same object for
            the life of the process, reloads included.
        schools: school by department, from the configuration.
        state: the state directory, held by this process alone.
        pseudonyms: the label of a person (``users.label``), with the key from the state directory.
    """

    directory: Directory
    schools: Schools
    state: StateDirectory
    pseudonyms: Pseudonyms
