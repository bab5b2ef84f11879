"""The invented help desk as a source of tickets: it lives on at every refresh."""

from pathlib import Path

from exporter.demo.live import DemoDesk, open_demo
from exporter.osticket.database import Database, Settings


class DemoSource:
    """A synthetic osTicket database, written when first asked for; see ``exporter.osticket.collector.Source``.

    Args:
        directory: where the database is kept over restarts.
    """

    demo = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._desk: DemoDesk | None = None
        self._database: Database | None = None

    def database(self, now: float) -> Database:
        """Let everything happen that happened since the last call, then return the database."""
        if self._desk is None or self._database is None:
            engine, self._desk = open_demo(self._directory, now)
            self._database = Database(Settings(engine.url, lambda: None, 10.0), engine)
        self._desk.advance(now)
        return self._database

    def close(self) -> None:
        """Close the database."""
        if self._desk is not None:
            self._desk.close()
