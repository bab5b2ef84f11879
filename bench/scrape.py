"""A scrape of 10 000 series: the rendered snapshot against the client library rendering for each scrape."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from typing import Final

import httpx
import uvicorn
from prometheus_client import CollectorRegistry, make_asgi_app
from prometheus_client.metrics_core import Metric

from exporter.catalogue.base import MetricSpec
from tests.servers import free_port
from tests.web.serving import Serving

SERIES: Final = 10_000
REPEATS: Final = 200
NAIVE_REPEATS: Final = 50
CONCURRENT: Final = 1000

# The client is a process of its own, so that its work is not counted as the server's. It keeps its connection, as
# Prometheus does, and reads as many bytes as it is told, which costs less than any HTTP library.
_CLIENT: Final = """
import socket, statistics, sys, time
port, repeats, encoding = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
connection = socket.create_connection(("127.0.0.1", port))
buffer = memoryview(bytearray(1 << 20))
request = f"GET /metrics HTTP/1.1\\r\\nhost: x\\r\\naccept-encoding: {encoding}\\r\\n\\r\\n".encode()
seconds = []
for _ in range(repeats):
    start = time.perf_counter()
    connection.sendall(request)
    received = connection.recv_into(buffer)
    head, _, body = bytes(buffer[:received]).partition(b"\\r\\n\\r\\n")
    assert head.startswith(b"HTTP/1.1 200")
    left = int(head.lower().split(b"content-length: ")[1].split(b"\\r\\n")[0]) - len(body)
    while left:
        left -= connection.recv_into(buffer, min(left, len(buffer)))
    seconds.append(time.perf_counter() - start)
print(statistics.median(seconds), max(seconds))
"""


def rows() -> list[tuple[str, str, str, str]]:
    """Return rows (work, naive, ours, target)."""
    found = []
    for encoding in ("identity", "gzip"):
        naive = _naive(encoding)
        ours = _ours(encoding)
        found.append(
            (
                f"scrape of {SERIES} series, {encoding}, as the client sees it",
                f"{naive * 1000:.1f} ms (client library rendering, median of {NAIVE_REPEATS})",
                f"{ours * 1000:.2f} ms (median of {REPEATS})",
                "≤ 2 ms",
            )
        )
    seconds, failed = _concurrent()
    found.append((f"{CONCURRENT} concurrent scrapes", "-", f"{seconds:.1f} s, {failed} errors", "0 errors"))
    return found


def _values() -> list[str]:
    return [f"user {number}" for number in range(SERIES)]


def _client(port: int, repeats: int, encoding: str) -> float:
    """Return the median seconds of a scrape, measured in another process."""
    command = [sys.executable, "-c", _CLIENT, str(port), str(repeats), encoding]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def _ours(encoding: str) -> float:
    with Serving(values=_values()) as serving:
        return _client(serving.port, REPEATS, encoding)


class _Gauge:
    """The same gauge in the client library's registry."""

    def collect(self) -> Iterable[Metric]:
        spec = MetricSpec("osticket_x", "gauge", ("user",), "A metric.")
        yield spec.family(((value,), 1.0) for value in _values())


def _naive(encoding: str) -> float:
    registry = CollectorRegistry()
    registry.register(_Gauge())
    app = make_asgi_app(registry)

    async def complete(scope: object, receive: object, send: object) -> None:
        """Add the content length that the library leaves out, so that the connection can be kept."""
        messages: list[dict[str, object]] = []

        async def note(message: dict[str, object]) -> None:
            messages.append(message)

        await app(scope, receive, note)
        start, body = messages
        length = len(body["body"])  # type: ignore[arg-type]
        start["headers"] = [*start["headers"], (b"content-length", str(length).encode())]  # type: ignore[misc]
        await send(start)  # type: ignore[operator]
        await send(body)  # type: ignore[operator]

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(complete, port=port, log_level="error", lifespan="off", access_log=False))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        return _client(port, NAIVE_REPEATS, encoding)
    finally:
        server.should_exit = True
        thread.join()


def _concurrent() -> tuple[float, int]:
    """Return how long 1 000 concurrent scrapes took together, each on a connection of its own, and how many failed."""

    async def scrape(client: httpx.AsyncClient, url: str) -> bool:
        try:
            return (await client.get(url, timeout=60)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def scrape_all(url: str) -> int:
        limits = httpx.Limits(max_connections=CONCURRENT, max_keepalive_connections=0)
        async with httpx.AsyncClient(limits=limits) as client:
            return sum(await asyncio.gather(*(scrape(client, url) for _ in range(CONCURRENT))))

    with Serving(values=_values()) as serving:
        start = time.perf_counter()
        succeeded = asyncio.run(scrape_all(f"{serving.url}/metrics"))
        return time.perf_counter() - start, CONCURRENT - succeeded


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(" | ".join(row) + "\n")
