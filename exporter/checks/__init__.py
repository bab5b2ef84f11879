"""``umbrella check``: every part one by one, one line each, without changing anything anywhere."""

from exporter.checks.result import Result, Status
from exporter.checks.sequence import run

__all__ = ["Result", "Status", "run"]
