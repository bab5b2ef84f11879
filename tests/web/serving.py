"""A real server on a free port, run beside the test."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from starlette.routing import BaseRoute

from exporter.clock import Clock
from exporter.health import Health
from exporter.snapshot import SELF, SnapshotStore, render
from exporter.web.guard import Passwords
from exporter.web.server import Limits, Server, allow_files, listen
from exporter.web.surface import Surface, build_surface
from tests.collectors import PATIENCE, gauges


class Serving:
    """The web surface with the collectors tickets (published, up) and slurm (never refreshed); a context manager.

    Args:
        users: bcrypt hash by user name.
        context: for TLS.
        client_certificates: whether one is required.
        limits: what a client may take.
        routes: further routes.
        links: their links.
        values: label values of the published gauge.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        client_certificates: bool = False,
        limits: Limits | None = None,
        routes: Sequence[BaseRoute] = (),
        links: Sequence[tuple[str, str]] = (),
        values: Sequence[str] = ("a", "b"),
    ) -> None:
        clock = Clock()
        self.store = SnapshotStore()
        self.health = Health(clock)
        self.health.enable([("slurm", 30.0, True), ("tickets", 60.0, False)])
        self.health.started("tickets")
        self.health.finished("tickets", succeeded=True, rows=2)
        parts = {"tickets": render(gauges("osticket_x", values).families), SELF: render(self.health.families())}
        self.store.publish(parts)
        self.passwords = Passwords({name: SecretStr(value) for name, value in (users or {}).items()})
        surface = Surface(self.store, self.health, clock, routes, links)
        app = build_surface(surface, self.passwords, client_certificates=client_certificates)
        allow_files(4096)
        self.server = Server(app, limits=limits, context=context)
        self._sockets = listen("127.0.0.1", 0)
        self.port = int(self._sockets[0].getsockname()[1])
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        asyncio.run(self.server.serve(self._sockets))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.end()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def connect(self) -> socket.socket:
        """Return a raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def raw(self, request: bytes) -> bytes:
        """Send bytes and return everything that comes back until the server closes the connection."""
        with closing(self.connect()) as connection:
            with suppress(OSError):  # the server may have seen enough before the end
                connection.sendall(request)
            return drain(connection)


def drain(connection: socket.socket) -> bytes:
    """Return what a connection still gives; a reset counts as its end."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            received += piece
    return bytes(received)
