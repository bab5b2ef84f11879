"""Umbrella: help-desk tickets, Slurm and GPUs as Prometheus metrics."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("umbrella-exporter")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
