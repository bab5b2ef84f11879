"""From tickets inserted into a real osTicket database to a received notification, with the shipped intervals.

A private MariaDB with the demo's history, ``umbrella serve`` as a process of its own, real Prometheus with the shipped
rules, real Alertmanager with the shipped routes and a receiver. The burst comes at the worst moment, after a refresh.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from bench.alerting import burst_to_notification
from exporter.demo.generator import write_demo_database
from tests.rules.monitoring import Monitoring
from tests.servers import MariaDB, free_port

BURST: Final = 40
_INSERT: Final = (
    "INSERT INTO ost_ticket (number,user_id,status_id,dept_id,sla_id,topic_id,source,created,updated,lastupdate)"
    " SELECT CONCAT('E',seq), 1+seq%50, 1, 1, 1, 1, 'Email', UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP()"
    f" FROM seq_1_to_{BURST}"
)


@contextmanager
def serving(url: str, port: int) -> Iterator[None]:
    """Run the service on a database until the block ends; wait until it is ready."""
    with tempfile.TemporaryDirectory(prefix="umbrella-bench.") as state:
        environment = {
            **os.environ,
            "UMBRELLA_OSTICKET__URL": url,
            "UMBRELLA_STATE__DIRECTORY": state,
            "UMBRELLA_WEB__LISTEN": f"127.0.0.1:{port}",
        }
        service = subprocess.Popen([sys.executable, "-m", "exporter", "serve"], env=environment)
        try:
            for _ in range(600):
                if _get(f"http://127.0.0.1:{port}/readyz") is not None:
                    break
                time.sleep(0.1)
            yield
        finally:
            service.terminate()
            service.wait(30)


def _get(url: str) -> str | None:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def _next_refresh(address: str) -> None:
    """Wait until the tickets have just been refreshed."""

    def refreshed() -> str:
        lines = (_get(f"http://{address}/metrics") or "").splitlines()
        return next(line for line in lines if line.startswith('umbrella_collector_refreshes_total{collector="tickets"'))

    before = refreshed()
    while refreshed() == before:
        time.sleep(0.2)


def rows() -> list[tuple[str, str, str, str]]:
    """Return one row (work, naive, ours, target)."""
    port = free_port()
    with MariaDB() as server:
        url = server.create("desk")
        write_demo_database(url, tickets=None, seed=1, now=datetime.now(UTC))
        address = f"127.0.0.1:{port}"
        with serving(url, port), Monitoring([address], hurry=False) as monitoring:

            def burst() -> None:
                _next_refresh(address)
                server.execute(_INSERT, "desk")

            seconds = burst_to_notification(monitoring, address, burst)
    return [
        (
            f"{BURST} tickets inserted right after a refresh to received notification, shipped intervals",
            "",
            f"{seconds:.0f} s",
            "≤ 120 s",
        )
    ]


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(" | ".join(row) + "\n")
