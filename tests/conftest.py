"""Fixtures that every part of the tests shares."""

from collections.abc import Iterator

import pytest

from tests.servers import MariaDB


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A private MariaDB for the whole session; each test creates databases of its own names."""
    with MariaDB() as server:
        yield server
