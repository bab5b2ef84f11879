"""Options that several commands share, and what they do: the log, and how the configuration is loaded."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from exporter.logs import LEVELS, configure

if TYPE_CHECKING:
    from exporter.config import Config

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """Add ``--config`` and ``--log-level``."""
    config = click.option(
        "--config",
        "path",
        type=click.Path(path_type=Path),
        metavar="FILE",
        envvar="UMBRELLA_CONFIG",
        show_envvar=True,
        help="The configuration file; without one, the UMBRELLA_… variables alone.",
    )
    level = click.option(
        "--log-level",
        type=click.Choice(LEVELS, case_sensitive=False),
        default="info",
        show_default=True,
        envvar="UMBRELLA_LOG_LEVEL",
        show_envvar=True,
        help="How much is logged on standard error; tracebacks at debug only.",
    )
    return config(level(command))


def loader(path: Path | None, log_level: str) -> "Callable[[], Config]":
    """Set up the log and return the function that reads the configuration; each call reads it anew.

    The function raises :class:`exporter.errors.ConfigError`, and tells the log which texts are secrets.
    """
    formatter = configure(log_level)

    def load() -> "Config":
        # Imported here: --help and metrics need none of it.
        from exporter import config as configuration  # noqa: PLC0415  --help stays quick

        config = configuration.load(path, os.environ)
        formatter.hide(configuration.secrets_of(config))
        return config

    return load
