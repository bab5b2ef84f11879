"""A world for the Slurm collector: sources that answer as told, a store in memory."""

from dataclasses import dataclass, field
from typing import Any

from exporter.config.cluster import Slurm
from exporter.departments import Directory, Schools
from exporter.errors import SlurmError
from exporter.slurm import kept
from exporter.slurm.accounts import AccountRows
from exporter.slurm.collector import SlurmCollector
from exporter.slurm.sources import Source

ROWS = AccountRows({"root": "root", "eve": "cs"}, {"root": "root", "cs": "computer science"})


@dataclass
class Told:
    """A source that answers what it is told and counts the questions."""

    answer: AccountRows | SlurmError = field(default_factory=lambda: ROWS)
    asked: int = 0
    closed: bool = False
    demo: bool = False

    def accounts(self) -> AccountRows:
        """Return or raise the answer."""
        self.asked += 1
        if isinstance(self.answer, SlurmError):
            raise self.answer
        return self.answer

    def close(self) -> None:
        """Remember it."""
        self.closed = True


@dataclass
class Memory:
    """A store in memory."""

    documents: dict[tuple[str, int], Any] = field(default_factory=dict)

    def read(self, name: str, version: int) -> Any:
        """Return what was written."""
        return self.documents.get((name, version))

    def write(self, name: str, version: int, data: Any) -> bool:
        """Keep it."""
        self.documents[name, version] = data
        return True


def collector(
    source: Source, directory: Directory | None = None, store: kept.Store | None = None, settings: Slurm | None = None
) -> SlurmCollector:
    """Make a collector with the default settings."""
    return SlurmCollector(
        source,
        settings or Slurm(source="cli"),
        directory or Directory(),
        Schools.from_lists({"CEC": ["computer science"]}),
        store,
    )
