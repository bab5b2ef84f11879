"""Collectors whose refreshes a test writes."""

import threading
from collections.abc import Callable, Iterable

from exporter.catalogue.base import MetricSpec
from exporter.collector import Refresh

Script = Callable[[float], Refresh]

# Long enough for a loaded machine; only a test that fails waits for so long.
PATIENCE = 30.0


def gauges(name: str, values: Iterable[str] = ("a", "b"), label: str = "user") -> Refresh:
    """Return a refresh with one gauge family: 1, 2, … by label value."""
    spec = MetricSpec(name, "gauge", (label,), "A metric of a test.")
    samples = [((value,), float(number)) for number, value in enumerate(values, 1)]
    return Refresh([spec.family(samples)], len(samples))


class Scripted:
    """A collector that does what the test says.

    Args:
        name: its name.
        script: called with the time at each refresh.
        interval: seconds.
        demo: whether its data count as invented.
    """

    def __init__(self, name: str, script: Script, interval: float = 60.0, *, demo: bool = False) -> None:
        self.name = name
        self.interval = interval
        self.demo = demo
        self.script = script
        self.calls = 0
        self.threads: set[str] = set()
        self.closed = threading.Event()

    def refresh(self, now: float) -> Refresh:
        """Run the script."""
        self.calls += 1
        self.threads.add(threading.current_thread().name)
        return self.script(now)

    def close(self) -> None:
        """Note it."""
        self.closed.set()


class Hand:
    """A clock that a test moves."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.wall = now
        self.ticks = 0.0

    def now(self) -> float:
        """Return the time."""
        return self.wall

    def monotonic(self) -> float:
        """Return the seconds since the test began."""
        return self.ticks

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.ticks += seconds


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail when it does not within :data:`PATIENCE`."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("what the test waits for did not happen")
