"""The command line: arguments in, exit code out. Every mistake is one message, never a traceback.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted, 143 terminated, 141 nobody reads on.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from exporter import __version__
from exporter.cli.check import check
from exporter.cli.collect import collect
from exporter.cli.demo_data import demo_data
from exporter.cli.metrics import metrics
from exporter.cli.serve import serve
from exporter.errors import ConfigError, UmbrellaError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="umbrella")
def umbrella() -> None:
    """Help-desk tickets, Slurm and GPUs as Prometheus metrics."""


for _command in (serve, collect, check, demo_data, metrics):
    umbrella.add_command(_command)


class _TerminatedError(BaseException):
    """SIGTERM arrived; no ``except Exception`` stops it, and every ``finally`` runs."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after the program's name; those of the process unless given.

    Returns:
        The exit code.
    """
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        code = _run(arguments)
    except _TerminatedError:
        code = 128 + signal.SIGTERM
    except (KeyboardInterrupt, click.Abort):
        code = 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, previous)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = umbrella.main(arguments, prog_name="umbrella", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UmbrellaError as error:
        click.echo(f"umbrella: {error}", err=True)
        return 2 if isinstance(error, ConfigError) else 1
    except (BrokenPipeError, SystemExit):  # click turns a closed pipe into an exit, and leaves the flushing to itself
        _drop_output()
        return 128 + signal.SIGPIPE
    except OSError as error:
        # Everything that can fail with one is turned into an error of ours where it happens, except writing here.
        _drop_output()
        click.echo(f"umbrella: standard output cannot be written: {error.strerror or error}", err=True)
        return 1
    return code if isinstance(code, int) else 0


def _drop_output() -> None:
    """Keep the interpreter from flushing to a reader that went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
