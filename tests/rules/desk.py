"""A stand-in for the exporter: a help desk whose arrivals the test decides, published as the catalogue says."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from exporter.catalogue import tickets, umbrella

WINDOW = "1h"
DEPARTMENT = "phys"
EXPECTED = 2.0
UPPER = 8.0


class Desk(Collector):
    """An exporter on a free port of loopback; ``created`` is what it publishes for the last hour.

    Attributes:
        created: tickets of the last hour, all from one department.
        read: when the tickets were last read, Unix time; None for always now.
    """

    def __init__(self) -> None:
        self.created = 1.0
        self.read: float | None = None
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = generate_latest(desk)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        """``host:port``, which is also the label ``instance``."""
        return f"127.0.0.1:{self.server.server_port}"

    def collect(self) -> Iterator[Metric]:
        """Return the families of one scrape."""
        place = (DEPARTMENT, WINDOW)
        yield tickets.CREATED.family([((WINDOW,), self.created)])
        yield tickets.EXPECTED.family([((WINDOW,), EXPECTED)])
        yield tickets.UPPER.family([((WINDOW,), UPPER)])
        yield tickets.DEPARTMENT_CREATED.family([(place, self.created)])
        yield tickets.DEPARTMENT_EXPECTED.family([(place, EXPECTED)])
        yield tickets.DEPARTMENT_UPPER.family([(place, UPPER)])
        yield umbrella.UP.family([(("tickets",), 1)])
        yield umbrella.LAST_SUCCESS.family([(("tickets",), time.time() if self.read is None else self.read)])
