"""Every metric that Umbrella exports: the one list behind the exposition, ``umbrella metrics`` and docs/metrics.md."""

from exporter.catalogue import slurm, tickets, umbrella
from exporter.catalogue.base import Kind, MetricSpec

ALL: tuple[MetricSpec, ...] = (*umbrella.SPECS, *tickets.SPECS, *slurm.SPECS)

__all__ = ["ALL", "Kind", "MetricSpec"]
