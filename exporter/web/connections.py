"""Connections that take too long: half-open ones, heads that drip in, readers that do not read."""

import asyncio
import socket
from collections.abc import Collection
from typing import Final, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from exporter.web.guard import CLIENT_CERTIFICATE

Phase = Literal["reading", "answering", "idle"]

_QUIET: Final = (h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED)


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which tells the application whether the client showed a trusted certificate."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn serves sockets
        """Note the client's certificate; with CERT_OPTIONAL it is there only if it was verified."""
        super().connection_made(transport)
        # asyncio does this for sockets that it opened itself; without it an answer in two packets takes 40 ms.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = transport.get_extra_info("ssl_object")
        shown = tls is not None and bool(tls.getpeercert(binary_form=True))
        self.app_state = {**self.app_state, CLIENT_CERTIFICATE: shown}

    def phase(self) -> Phase:
        """Return what the server waits for: a request's head, the client taking the answer, or nothing in particular.

        A request body that goes on after the answer counts as reading: nobody here wants one.
        """
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request, whatever uvicorn declares
        if self.transport.get_write_buffer_size() > 0 or (cycle is not None and not cycle.response_complete):
            return "answering"
        quiet = self.conn.their_state in _QUIET and not self.conn.trailing_data[0]
        return "idle" if cycle is not None and quiet else "reading"


class Watch:
    """Aborts connections that stay in one phase of one request for too long; idle ones have uvicorn's own limit.

    Args:
        head_seconds: longest "reading".
        answer_seconds: longest "answering".
    """

    def __init__(self, head_seconds: float, answer_seconds: float) -> None:
        self._longest = {"reading": head_seconds, "answering": answer_seconds, "idle": float("inf")}
        self._seen: dict[Protocol, tuple[Phase, RequestResponseCycle | None, float]] = {}

    def sweep(self, connections: Collection[Protocol], now: float) -> None:
        """Look at all connections; ``now`` is the event loop's time."""
        seen: dict[Protocol, tuple[Phase, RequestResponseCycle | None, float]] = {}
        for connection in connections:
            phase, cycle = connection.phase(), connection.cycle
            before = self._seen.get(connection)
            since = before[2] if before is not None and before[0] == phase and before[1] is cycle else now
            if now - since > self._longest[phase]:
                connection.transport.abort()
            else:
                seen[connection] = phase, cycle, since
        self._seen = seen
