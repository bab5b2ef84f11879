"""The tickets collector: one database, its frame, its measures, behind ``refresh``."""

import logging
from dataclasses import dataclass
from typing import Final, Protocol

from prometheus_client.metrics_core import Metric
from sqlalchemy.engine import make_url

from exporter.collector import Refresh
from exporter.config import Config
from exporter.departments import Directory, Schools
from exporter.osticket.database import Database, Session, Settings
from exporter.osticket.desk import Desk, Options
from exporter.osticket.exclusions import Rules
from exporter.osticket.loading import ReloadNeeded, load, require_same_tables
from exporter.osticket.measures import arrivals, counts, durations, people
from exporter.osticket.measures.view import View
from exporter.osticket.reconciling import reconcile
from exporter.osticket.updating import update
from exporter.people import Pseudonyms
from exporter.world import World

log = logging.getLogger(__name__)

NAME: Final = "tickets"


@dataclass(frozen=True, slots=True)
class Publishing:
    """What the configuration says about publishing.

    Attributes:
        schools: school by department.
        pseudonyms: labels of persons.
        top: how many requesters are told apart.
        agents: whether agents are named.
    """

    schools: Schools
    pseudonyms: Pseudonyms
    top: int = 20
    agents: bool = False


class Source(Protocol):
    """Where the tickets are."""

    @property
    def demo(self) -> bool:
        """Whether they are invented."""
        ...

    def database(self, now: float) -> Database:
        """Return the database as of the present."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class RealSource:
    """A database that somebody else writes."""

    demo = False

    def __init__(self, database: Database) -> None:
        self._database = database

    def database(self, now: float) -> Database:
        """See :class:`Source`."""
        del now
        return self._database

    def close(self) -> None:
        """See :class:`Source`."""
        self._database.close()


class TicketCollector:
    """Collects from one osTicket database; see :class:`exporter.collector.Collector`.

    Args:
        source: where the tickets are.
        options: how they are read.
        publishing: how they are published.
        directory: the department of each cluster user, kept up to date by Slurm's collector.
        interval: seconds between two refreshes.
        reconcile: seconds between two comparisons with the whole database.
    """

    name = NAME

    def __init__(
        self,
        source: Source,
        options: Options,
        publishing: Publishing,
        directory: Directory,
        *,
        interval: float = 60.0,
        reconcile: float = 600.0,
    ) -> None:
        self.interval = interval
        self.demo = source.demo
        self._source = source
        self._options = options
        self._publishing = publishing
        self._directory = directory
        self._reconcile = reconcile
        self._desk: Desk | None = None
        self._reconciled = 0.0
        self._expectation: arrivals.Expectation | None = None
        self._doubt: str | None = None
        self._sound = True

    def refresh(self, now: float) -> Refresh:
        """Read what changed and compute every family; see :meth:`exporter.collector.Collector.refresh`."""
        database = self._source.database(now)
        sound, self._sound = self._sound, False
        with database.session() as session:
            desk = self._read(session, database.where, now, look_again=not sound)
        if desk.zones.problem != self._doubt:
            self._doubt = desk.zones.problem
            if self._doubt is not None:
                log.warning("tickets: %s", self._doubt)
        families = self._measure(desk, now)
        self._sound = True
        return Refresh(families, len(desk.tickets))

    def close(self) -> None:
        """Close the connection."""
        self._source.close()

    def _read(self, session: Session, where: str, now: float, *, look_again: bool) -> Desk:
        if self._desk is not None:
            due = not 0 <= now - self._reconciled < self._reconcile
            try:
                # After a failure, too: an upgrade of osTicket may be its cause.
                if due or look_again:
                    require_same_tables(session, self._desk, self._options)
                if not due:
                    update(session, self._desk, self._options, now)
                else:
                    found = reconcile(session, self._desk, self._options, now)
                    self._reconciled = now
                    log.info("tickets: reconciled, %d tickets had changed without a trace", found)
            except ReloadNeeded as reason:
                log.log(reason.level, "tickets: reading everything again: %s", reason)
                # Freed before the new one is built: there is no room for two in a small machine's memory.
                self._desk = None
            else:
                return self._desk
        self._desk = load(session, self._options, now)
        self._reconciled = now
        log.info("tickets: read %d tickets of osTicket from %s", len(self._desk.tickets), where)
        return self._desk

    def _measure(self, desk: Desk, now: float) -> list[Metric]:
        view = View.of(desk, self._options.rules, self._directory, now)
        if self._expectation is None or not self._expectation.serves(view):
            self._expectation = arrivals.fit(view)
        publishing = self._publishing
        return [
            counts.info(desk),
            counts.anomalies(view),
            *counts.by_dimension(view, publishing.schools, agents=publishing.agents),
            counts.excluded(view),
            *counts.months(view),
            *counts.open_now(view),
            counts.events(desk),
            *people.families(view, publishing.pseudonyms, publishing.top),
            *durations.families(view),
            *arrivals.families(view, self._expectation),
        ]


def build(config: Config, world: World) -> TicketCollector:
    """Make the collector from the configuration; nothing is opened yet.

    The caller asks for tickets only where ``osticket.url`` is set.
    """
    section = config.osticket
    source: Source
    if section.demo:
        from exporter.osticket.demo_source import DemoSource  # noqa: PLC0415  the demo's texts are seldom needed

        source = DemoSource(world.state.path)
    else:
        settings = Settings(make_url(section.url or ""), section.current_password, section.statement_timeout)
        source = RealSource(Database(settings))
    return TicketCollector(
        source,
        options_of(config),
        Publishing(world.schools, world.pseudonyms, config.users.top, agents=config.agents.label == "name"),
        world.directory,
        interval=section.refresh,
        reconcile=section.reconcile,
    )


def options_of(config: Config) -> Options:
    """Return how the configuration wants tickets to be read."""
    section = config.osticket
    return Options(
        prefix=section.table_prefix,
        zone=section.timezone,
        since=section.since,
        site_domains=("example.edu",) if section.demo and not section.site_domains else section.site_domains,
        rules=Rules(
            auto_replies=section.exclude.auto_replies,
            senders=section.exclude.senders,
            subjects=section.exclude.subjects,
            topics=section.exclude.topics,
        ),
    )
