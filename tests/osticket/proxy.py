"""A bad network between the exporter and a server: a TCP proxy that stalls, cuts and rewrites when a test says so."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy.engine import make_url


def _same(data: bytes) -> bytes:
    return data


class Proxy:
    """Forwards connections to a port on loopback. A context manager.

    Attributes:
        port: where it listens.
        answers: bytes of answers that are still let through; None: all. Then :attr:`cut` decides.
        cut: whether the connection is closed then; else nothing is forwarded any more, as on a network that drops
            every packet.
        greet: rewrites the server's greeting, the first bytes that it sends.
        ask: rewrites questions, to others of the same length.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.answers: int | None = None
        self.cut = False
        self.greet: Callable[[bytes], bytes] = _same
        self.ask: Callable[[bytes], bytes] = _same
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for opened in self._sockets:
            _end(opened)
        for thread in self._threads:
            thread.join()
        for opened in self._sockets:
            opened.close()

    def url(self, behind: str) -> str:
        """Return the URL of a database behind the proxy."""
        return make_url(behind).set(port=self.port).render_as_string(hide_password=False)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [client, server]
            for work, source, sink in ((self._ask, client, server), (self._answer, server, client)):
                thread = threading.Thread(target=work, args=(source, sink))
                thread.start()
                self._threads.append(thread)

    def _ask(self, source: socket.socket, sink: socket.socket) -> None:
        while data := _receive(source):
            if self.answers != 0 or self.cut:
                _send(sink, self.ask(data))
        _end(sink)

    def _answer(self, source: socket.socket, sink: socket.socket) -> None:
        first = True
        while data := _receive(source):
            data, first = (self.greet(data) if first else data), False
            if self.answers is not None:
                data = data[: self.answers]
                self.answers -= len(data)
            _send(sink, data)
            if self.answers == 0 and self.cut:
                break
        _end(sink)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _send(sink: socket.socket, data: bytes) -> None:
    try:
        sink.sendall(data)
    except OSError:
        _end(sink)


def _end(opened: socket.socket) -> None:
    try:
        opened.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
