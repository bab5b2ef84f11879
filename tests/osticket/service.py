"""The tickets collector as the service runs it: isolated, recorded, published."""

import logging
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prometheus_client.parser import text_string_to_metric_families

from exporter.clock import Clock
from exporter.config import Config
from exporter.departments import Directory, Schools
from exporter.health import Health, Record
from exporter.osticket.collector import TicketCollector, build
from exporter.people import Pseudonyms
from exporter.refreshing import Refresher, Reporter, Stage
from exporter.snapshot import SnapshotStore
from exporter.state import StateDirectory
from exporter.world import World
from tests.collectors import Hand
from tests.oracle.adapter import pseudonym
from tests.oracle.comparison import differences
from tests.oracle.oracle import Samples, compute
from tests.oracle.settings import Settings
from tests.osticket.helpdesk import NOW, PASSWORD

KEY = b"k" * 32
INTERVAL, RECONCILE = 60.0, 600.0
DOMAINS = ("example.edu",)
_NOT_IN_THE_ORACLE = ("umbrella_osticket_info", "_expected_created_tickets", "_created_tickets_upper")


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


class Service:
    """One collector in a stage of its own, on a clock that moves when a test says so.

    Args:
        url: of the database.
        folder: for the state directory.
        truth: URL by which the database itself can be reached, where the exporter's is another.
        subjects: ``osticket.exclude.subjects``.
        options: more keys of the section ``osticket``.
    """

    def __init__(
        self, url: str, folder: Path, *, truth: str | None = None, subjects: tuple[str, ...] = (), **options: Any
    ) -> None:
        self.truth_url = truth or url
        self.subjects = subjects
        section = {
            "url": url, "statement_timeout": 1, "refresh": INTERVAL, "reconcile": RECONCILE, "site_domains": DOMAINS,
            "exclude": {"subjects": subjects}, **options,
        }  # fmt: skip
        config = Config.model_validate({"osticket": section, "users": {"label": "hash"}})
        self.clock = Hand(NOW)
        self.lines = Lines()
        self.state = StateDirectory(folder)
        world = World(Directory(), Schools(), self.state, Pseudonyms("hash", KEY))
        self.collector: TicketCollector = build(config, world)
        logger = logging.Logger("test")  # noqa: LOG001  of its own: nobody else hears or silences it
        logger.addHandler(self.lines)
        present = Clock(self.clock.now, self.clock.monotonic)
        health = Health(present)
        health.enable([(self.collector.name, self.collector.interval, False)])
        self.stage = Stage(SnapshotStore(), health, present, Reporter(present, logger))
        self.refresher = Refresher(self.collector, self.stage)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refresher.close()
        self.state.close()

    @property
    def record(self) -> Record:
        """The collector's health."""
        return self.stage.health.records()[0]

    @property
    def text(self) -> bytes:
        """What a scrape would see."""
        return self.stage.store.snapshot.answer("text").plain

    def refresh(self, seconds: float = INTERVAL) -> bool:
        """Let time pass, refresh, and return whether it succeeded."""
        self.clock.move(seconds)
        return self.refresher.refresh()

    def reconcile(self) -> bool:
        """Let so much time pass that everything is compared."""
        return self.refresh(RECONCILE)

    def samples(self) -> Samples:
        """Return all published samples."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text.decode())
            for sample in family.samples
        }

    def sum(self, name: str, **labels: str) -> float:
        """Add up the published samples of a name that have these labels."""
        chosen = set(labels.items())
        return sum(value for (metric, pairs), value in self.samples().items() if metric == name and chosen <= pairs)

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of a label of a metric."""
        return {dict(pairs)[label] for metric, pairs in self.samples() if metric == name}

    def assert_fails(self, *said: str, seconds: float = INTERVAL) -> str:
        """Refresh, and see that it fails as it should; return what was said.

        The failure is counted, said in one line without a traceback, a password or a bug; what was published stays.
        """
        before, failures, rows = self.text, self.record.failures, self.record.rows
        self.clock.ticks += 1000  # so that even the same failure is said again
        assert not self.refresh(seconds)
        assert self.text == before
        assert self.record.failures == failures + 1
        assert self.record.rows == rows
        assert not self.record.up(self.clock.monotonic())
        line = self.lines.records[-1]
        assert line.levelno == logging.ERROR
        assert line.exc_info is None
        text = line.getMessage()
        for part in said:
            assert part in text, text
        for forbidden in (PASSWORD, "admin:", "bug", "Traceback", "\n", "sqlalche.me"):
            assert forbidden not in text, text
        return text

    def assert_recovers(self) -> None:
        """See that one of the next two refreshes succeeds, and that it is right."""
        assert self.refresh() or self.refresh(), self.lines.records[-1].getMessage()
        assert self.record.up(self.clock.monotonic())
        self.assert_right()

    def assert_right(self) -> None:
        """See that what is published is what an independent computation makes of the database now."""
        settings = Settings(
            site_domains=DOMAINS, user_label="hash", person=pseudonym, subjects=self.subjects, server_zone="UTC"
        )
        truth = compute(self.truth_url, now=self.clock.now(), departments={}, schools={}, settings=settings)
        ours = {
            key: value
            for key, value in self.samples().items()
            if key[0].startswith(("osticket_", "umbrella_osticket_")) and not key[0].endswith(_NOT_IN_THE_ORACLE)
        }
        found = differences(ours, truth)
        assert not found, f"\n{found}"


Start = Callable[..., Service]
