"""The server under the surface: sockets, TLS, limits, signals. uvicorn does the work; here is what it leaves open."""

import asyncio
import contextlib
import errno
import resource
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from exporter.errors import WebError
from exporter.web.connections import Protocol, Watch

# Seconds that answers under way may take after a signal to end.
GRACE: Final = 2
# Sockets and files that the process needs beside its connections.
_OTHER_FILES: Final = 128


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take.

    Attributes:
        head_bytes: request line and headers together.
        head_seconds: from connecting, or the first byte of another request, to the end of its head.
        answer_seconds: from then until the client has taken the whole answer.
        idle_seconds: between two requests on one connection; longer than the usual scrape interval.
        connections: at once; one more is answered with 503.
    """

    head_bytes: int = 32 * 1024
    head_seconds: float = 10.0
    answer_seconds: float = 30.0
    idle_seconds: int = 75
    connections: int = 2048


def listen(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets on every address of a host.

    Raises:
        WebError: the address cannot be used; says why.
    """
    sockets: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((info[0], info[4]) for info in addresses):
            both = family == socket.AF_INET6 and address[0] == "::" and socket.has_dualstack_ipv6()
            sockets.append(socket.create_server(address, family=family, backlog=2048, dualstack_ipv6=both))
    except OSError as error:
        for opened in sockets:
            opened.close()
        raise WebError(f"cannot listen on {host}:{port} (web.listen): {_advice(error)}") from error
    return sockets


def _advice(error: OSError) -> str:
    known = {
        errno.EADDRINUSE: "the port is taken; stop the other process (`ss -ltnp` names it) or set another port",
        errno.EACCES: "ports below 1024 need privileges; set another port",
        errno.EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 or [::] is every address it has",
    }
    if isinstance(error, socket.gaierror):
        return f"the host name cannot be resolved ({error.strerror}); set an address"
    return known.get(error.errno or 0, error.strerror or str(error))


def tls_context(cert_file: Path, key_file: Path, client_ca_file: Path | None) -> ssl.SSLContext:
    """Return a TLS 1.2+ context.

    A client certificate is asked for but its absence is no failure of the handshake: ``/healthz`` is open, and the
    guard refuses everything else. One that does not verify fails the handshake.

    Raises:
        WebError: a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, cert_file, key_file)
    if client_ca_file is not None:
        try:
            context.load_verify_locations(client_ca_file)
        except (OSError, ssl.SSLError) as error:
            raise WebError(f"{client_ca_file} (web.tls.client_ca_file): {error}; expected PEM certificates") from error
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def load_certificate(context: ssl.SSLContext, cert_file: Path, key_file: Path) -> None:
    """Load certificate and key, also into a context in use: new connections get them, old ones go on.

    Raises:
        WebError: a file cannot be used.
    """
    try:
        # An empty pass phrase keeps OpenSSL from asking on the terminal.
        context.load_cert_chain(cert_file, key_file, password="")
    except (OSError, ssl.SSLError) as error:
        text = f"{cert_file} and {key_file} (web.tls): {error}; expected a PEM certificate and its unencrypted key"
        raise WebError(text) from error


def allow_files(connections: int) -> int:
    """Raise the process's limit of open files as far as needed and allowed; return how many connections it leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return connections
    limit = connections + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    if soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return min(connections, max(soft, limit) - _OTHER_FILES)


class Server(uvicorn.Server):
    """uvicorn with our signals and with limits on clients that are slow on purpose.

    Args:
        app: the ASGI application.
        limits: what a client may take.
        context: for TLS; None: plain HTTP.
        on_reload: called at SIGHUP, in the event loop; must return at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits | None = None,
        context: ssl.SSLContext | None = None,
        on_reload: Callable[[], None] = lambda: None,
    ) -> None:
        limits = limits or Limits()
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=limits.connections,
                timeout_keep_alive=limits.idle_seconds,
                timeout_graceful_shutdown=GRACE,
                ssl_context_factory=None if context is None else lambda _config, _default: context,
                h11_max_incomplete_event_size=limits.head_bytes,
            )
        )
        self._on_reload = on_reload
        self._watch = Watch(limits.head_seconds, limits.answer_seconds)

    async def on_tick(self, counter: int) -> bool:
        """Once per second, cut off clients that take too long."""
        if counter % 10 == 0:
            connections = [item for item in self.server_state.connections if isinstance(item, Protocol)]
            self._watch.sweep(connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at SIGTERM and SIGINT with exit code 0, reload at SIGHUP; signals belong to the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGTERM: self.end, signal.SIGINT: self.end, signal.SIGHUP: self._on_reload}
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Stop serving; asked a second time, without waiting for answers under way."""
        self.force_exit = self.should_exit
        self.should_exit = True
