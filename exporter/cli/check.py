"""``umbrella check``: is everything as Umbrella needs it, and if not, what is the next step."""

import os
import time
from pathlib import Path

import click

from exporter.cli.options import common, loader
from exporter.errors import ConfigError


@click.command(short_help="Say what is wrong, and the next step.")
@common
@click.option("--offline", is_flag=True, help="Check the configuration only; connect to nothing.")
def check(path: Path | None, log_level: str, *, offline: bool) -> int:
    """Check configuration, state directory, database, grants, schema and Slurm, one line each.

    A line is "ok", "warn" or "FAIL", a name, and what was seen or what is wrong with the next step. The exit code is 1
    when anything failed, 2 when the configuration has mistakes.
    """
    load = loader(path, log_level)
    from exporter.checks import Status, run  # noqa: PLC0415  databases and Slurm, not needed for --help
    from exporter.checks.result import fail  # noqa: PLC0415  as above

    failed = False
    try:
        for result in run(load, os.environ, time.time(), offline=offline):
            click.echo("\n".join(result.lines()))
            failed = failed or result.status is Status.FAIL
    except ConfigError as error:
        for mistake in str(error).splitlines():
            click.echo("\n".join(fail("configuration", mistake).lines()))
        return 2
    return int(failed)
