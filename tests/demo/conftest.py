"""One demo database for all tests that only read it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from exporter.demo.generator import write_demo_database

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a demo database of the default size that ends at :data:`NOW`."""
    path: Path = tmp_path_factory.mktemp("demo") / "demo.sqlite"
    url = f"sqlite:///{path}"
    write_demo_database(url, now=NOW)
    return url


@pytest.fixture
def demo(demo_url: str) -> Iterator[Connection]:
    """A connection to that database; nobody writes through it."""
    engine = create_engine(demo_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
