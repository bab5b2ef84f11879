"""Help desks to damage, and services that watch them."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.osticket.helpdesk import HelpDesk, write_template
from tests.osticket.service import Service, Start
from tests.servers import MariaDB


@pytest.fixture(scope="session")
def _desk(mariadb: MariaDB) -> HelpDesk:
    write_template(mariadb)
    desk = HelpDesk(mariadb, "osticket_desk")
    desk.create()
    return desk


@pytest.fixture
def desk(_desk: HelpDesk) -> HelpDesk:
    """A help desk on the shared server; a test that changes tables themselves changes them back."""
    _desk.restore()
    return _desk


@pytest.fixture(scope="session")
def _victim() -> Iterator[HelpDesk]:
    with MariaDB() as server:
        write_template(server)
        desk = HelpDesk(server, "osticket_victim")
        desk.create()
        yield desk


@pytest.fixture
def victim(_victim: HelpDesk) -> Iterator[HelpDesk]:
    """A help desk on a server that a test may stop, kill and freeze; it runs again at the end of the test."""
    _victim.restore()
    yield _victim
    server = _victim.server
    if server.process is not None:
        server.process.send_signal(signal.SIGCONT)
    if server.options or server.process is None or server.process.poll() is not None:
        server.stop()
        server.options = ()
        server.start()


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start services; they end with the test. They wait for an answer hardly longer than the server may take."""
    monkeypatch.setattr("exporter.osticket.database.GRACE", 0.5)
    with ExitStack() as stack:

        def begin(url: str, **options: Any) -> Service:
            folder = tmp_path / f"state{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(Service(url, folder, **options))

        yield begin
