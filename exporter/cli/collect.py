"""``umbrella collect``: one refresh on standard output, for cron and node_exporter's textfile collector."""

import sys
from pathlib import Path

import click

from exporter.cli.options import common, loader


@click.command(short_help="Refresh once and print the metrics.")
@common
@click.option("--only", metavar="NAMES", help="Only these collectors, separated by commas: tickets,slurm.")
def collect(path: Path | None, log_level: str, only: str | None) -> int:
    """Refresh everything once and print the metrics in Prometheus' text format.

    The exit code is 1 when a collector failed; standard error names it, and the others are printed all the same.
    """
    names = [] if only is None else [name.strip() for name in only.split(",") if name.strip()]
    if only is not None and not names:
        raise click.BadParameter("expected names of collectors, such as tickets,slurm", param_hint="--only")
    load = loader(path, log_level)
    from exporter import app  # noqa: PLC0415  every collector, not needed for --help

    return app.collect(load(), sys.stdout.buffer, only=names)
