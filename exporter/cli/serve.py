"""``umbrella serve``: the service."""

from pathlib import Path

import click

from exporter.cli.options import common, loader


@click.command(short_help="Run the service.")
@common
def serve(path: Path | None, log_level: str) -> int:
    """Refresh every collector on its schedule and serve the metrics over HTTP until stopped.

    SIGHUP reads the configuration again; a file with mistakes then changes nothing.
    """
    load = loader(path, log_level)
    from exporter import app  # noqa: PLC0415  the whole service, not needed for --help

    return app.serve(load)
