"""The process's own metrics: memory, processor time, open files, Python's version and garbage collection."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import Metric


def process_families() -> Callable[[], Iterable[Metric]]:
    """Return a function that reads ``process_*`` and ``python_*`` now."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry.collect
