"""Where Slurm's data come from: the commands, the demo; slurmrestd will be another of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from exporter.errors import SlurmError
from exporter.slurm.accounts import (
    ROOT,
    SHOW_ACCOUNTS,
    SHOW_CONFIGURATION,
    SHOW_USERS,
    AccountRows,
    hidden_users,
    parse_accounts,
    parse_users,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.slurm.commands import Runner


class Source(Protocol):
    """Answers the collector's questions, each within its own timeout."""

    @property
    def demo(self) -> bool:
        """Whether the data are invented."""
        ...

    def accounts(self) -> AccountRows:
        """Return all users and accounts.

        Raises:
            SlurmError: no complete answer; says what to do next.
        """
        ...

    def close(self) -> None:
        """End what runs now and answer nothing more; from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class CommandSource:
    """Asks Slurm's own commands."""

    runner: Runner
    demo: bool = False

    def accounts(self) -> AccountRows:
        """Return all users and accounts, from two commands.

        Raises:
            SlurmError: a command failed, its answer is no table, or PrivateData hides a part of it.
        """
        # Users first: an account made between the two is then known when its user is.
        users_text = self.runner.run(SHOW_USERS)
        organizations = parse_accounts(self.runner.run(SHOW_ACCOUNTS))
        users = parse_users(users_text, organizations)
        if ROOT not in users and (problem := hidden_users(users, self.runner.run(SHOW_CONFIGURATION))):
            raise SlurmError(problem)
        return AccountRows(users, organizations)

    def close(self) -> None:
        """Kill the command that runs now and start none any more."""
        self.runner.stop()


@dataclass(frozen=True, slots=True)
class DemoSource:
    """Returns invented users.

    Attributes:
        invent: makes them, the same ones each time.
    """

    invent: Callable[[], AccountRows]
    demo: bool = True

    def accounts(self) -> AccountRows:
        """Return the demo's users and accounts."""
        return self.invent()

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
