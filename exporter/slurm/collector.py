"""The Slurm collector: users and departments. Jobs, nodes and the scheduler will be further parts of its refresh."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

from exporter.collector import Refresh
from exporter.errors import SlurmError
from exporter.slurm import kept
from exporter.slurm.commands import CommandRunner, clean_environment
from exporter.slurm.measures import account_families
from exporter.slurm.sources import CommandSource, DemoSource, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prometheus_client.metrics_core import Metric

    from exporter.config.cluster import Slurm
    from exporter.config.model import Config
    from exporter.departments import Directory, Schools
    from exporter.world import World

log = logging.getLogger(__name__)

NAME: Final = "slurm"


class SlurmCollector:
    """Reads Slurm on its schedule; users and accounts less often than the rest.

    Users and departments that were read once stay published, in the directory and in the state directory, until Slurm
    tells others: while Slurm is away the refresh reports a problem (the collector is down) beside the last data.

    Args:
        source: answers the questions.
        settings: the section ``slurm`` of the configuration.
        directory: gets the department of each user.
        schools: school by department.
        store: keeps users and accounts over restarts; None: they are not kept (the demo's).
    """

    name: Final = NAME

    def __init__(
        self, source: Source, settings: Slurm, directory: Directory, schools: Schools, store: kept.Store | None
    ) -> None:
        self.interval: Final = settings.refresh
        self.demo: Final = source.demo
        self._source = source
        self._accounts_interval = settings.accounts_refresh
        self._directory = directory
        self._schools = schools
        self._store = store
        self._asked_at: float | None = None
        self._accounts: kept.Accounts | None = None
        self._families: Sequence[Metric] = ()

    def restore(self) -> None:
        """Publish the departments that were kept before a restart, until Slurm answers.

        Raises:
            StateError: what was kept was written by a newer version, or is not readable.
        """
        old = kept.load(self._store) if self._store is not None else None
        if old is not None:
            self._take(old)
            log.info("Slurm: %d users as of %s from the state directory, until Slurm answers",
                     len(old.rows.default_accounts), old.since)  # fmt: skip

    def refresh(self, now: float) -> Refresh:
        """Ask for what is due and return all families; see :class:`exporter.collector.Collector`.

        Raises:
            SlurmError: Slurm has never answered, here or before a restart.
        """
        problem = self._ask_accounts(now) if self._accounts_due(now) else None
        if self._accounts is None:
            raise SlurmError(problem)
        if problem is not None:
            problem = f"{problem}. Users and departments of {self._accounts.since} stay"
        rows = self._accounts.rows
        return Refresh(self._families, len(rows.default_accounts) + len(rows.organizations), problem)

    def close(self) -> None:
        """Kill the command that runs, if one does; from any thread."""
        self._source.close()

    def _accounts_due(self, now: float) -> bool:
        # Half a refresh early rather than a whole one late; after a failure, or when the clock was set back, at once.
        due_after = self._accounts_interval - self.interval / 2
        return self._asked_at is None or not 0 <= now - self._asked_at < due_after

    def _ask_accounts(self, now: float) -> str | None:
        """Ask for users and accounts; return what went wrong."""
        self._asked_at = None
        try:
            accounts = kept.Accounts(self._source.accounts(), now)
        except SlurmError as error:
            return str(error)
        self._asked_at = now
        self._take(accounts)
        if self._store is not None:
            kept.save(self._store, accounts)
        return None

    def _take(self, accounts: kept.Accounts) -> None:
        self._accounts = accounts
        self._families = account_families(accounts.rows, self._schools)
        self._directory.replace(accounts.rows.departments())


def build(config: Config, world: World) -> SlurmCollector:
    """Make the collector of this configuration, with what was kept before a restart.

    Raises:
        StateError: what was kept was written by a newer version, or is not readable.
    """
    source = open_source(config.slurm, os.environ)
    store = None if source.demo else world.state
    collector = SlurmCollector(source, config.slurm, world.directory, world.schools, store)
    collector.restore()
    return collector


def open_source(settings: Slurm, environment: Mapping[str, str]) -> Source:
    """Return the source that ``slurm.source`` names, ``cli`` or ``demo``; the configuration knows no other."""
    if settings.source == "demo":
        from exporter.demo.slurm import demo_accounts  # noqa: PLC0415  only the demo pays for the demo's generator

        return DemoSource(demo_accounts)
    return CommandSource(open_runner(settings, environment))


def open_runner(settings: Slurm, environment: Mapping[str, str]) -> CommandRunner:
    """Return the runner of the configured commands."""
    return CommandRunner(
        clean_environment(environment), settings.command_prefix, settings.command_prefix_shell, settings.timeout
    )
