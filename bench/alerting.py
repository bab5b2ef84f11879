"""From a burst of tickets to a received notification: real Prometheus, real Alertmanager, the shipped intervals."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from tests.rules.desk import EXPECTED, UPPER, Desk
from tests.rules.monitoring import Monitoring

BURST: Final = 30  # tickets
DESKS: Final = 6
SPACING: Final = 2.5  # seconds between two desks' bursts: together they sample every phase of 15-second intervals
REFRESH: Final = 60  # seconds: the exporter's shipped refresh, at worst before what is measured here
PATIENCE: Final = 300


def burst_to_notification(monitoring: Monitoring, instance: str, burst: Callable[[], None]) -> float:
    """Return the seconds from a burst to its received notification ``TicketSpike``.

    For the real exporter: ``Monitoring(["127.0.0.1:10042"], hurry=False)``, and a ``burst`` that inserts the tickets.

    Args:
        monitoring: Prometheus and Alertmanager; the exporter at ``instance`` is one of its targets.
        instance: the exporter's ``host:port``.
        burst: makes the tickets; the time begins when it has returned.

    Raises:
        TimeoutError: no notification came within five minutes.
    """
    ready = f'osticket_created_tickets_upper{{instance="{instance}"}} and on () umbrella:spike_minimum:tickets'
    monitoring.wait_for_data(ready, patience=PATIENCE)
    burst()
    start = time.monotonic()
    return monitoring.notification("TicketSpike", instance=instance, patience=PATIENCE).arrived - start


def rows() -> list[tuple[str, str, str, str]]:
    """Return one row (work, naive, ours, target): the slowest of six bursts that begin at different phases."""
    seconds = sorted(_delays())
    slowest, median = seconds[-1], seconds[len(seconds) // 2]
    ours = f"{slowest:.0f} s after the exporter's refresh (slowest of {len(seconds)}, median {median:.0f} s)"
    return [
        (
            "ticket spike to received notification",
            "330 s at least, by arithmetic: the usual `for: 5m` and group_wait 30 s",
            f"{ours}, {slowest + REFRESH:.0f} s when a refresh had just ended",
            "≤ 120 s",
        )
    ]


def _delays() -> list[float]:
    with ExitStack() as stack:
        desks = [stack.enter_context(Desk()) for _ in range(DESKS)]
        monitoring = stack.enter_context(Monitoring([desk.address for desk in desks], hurry=False))
        for desk in desks:
            ready = (
                f'osticket_created_tickets_upper{{instance="{desk.address}"}} and on () umbrella:spike_minimum:tickets'
            )
            monitoring.wait_for_data(ready, patience=PATIENCE)
        starts = {}
        for desk in desks:
            desk.created = EXPECTED + UPPER + BURST
            starts[desk.address] = time.monotonic()
            time.sleep(SPACING)
        delays: dict[str, float] = {}
        while len(delays) < DESKS:
            found = monitoring.notification("TicketSpike", patience=PATIENCE)
            instance = found.labels["instance"]
            delays.setdefault(instance, found.arrived - starts[instance])
        return list(delays.values())


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(" | ".join(row) + "\n")
