"""Slurm's users, default accounts, accounts and organizations: the two questions to ``sacctmgr`` and their answers.

One command lists all users, one lists all accounts; the join is made here. (Asked per user, 1743 users take minutes:
each call costs about 0.2 s whatever it returns.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from exporter.errors import SlurmError
from exporter.labels import UNKNOWN, clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Fields by name, so that another version's default columns do not matter; the text that may hold a "|" comes last.
SHOW_USERS: Final = ("sacctmgr", "-n", "-P", "show", "user", "format=user,defaultaccount")
SHOW_ACCOUNTS: Final = ("sacctmgr", "-n", "-P", "show", "account", "format=account,organization")
SHOW_CONFIGURATION: Final = ("sacctmgr", "-n", "show", "configuration")

# Slurm creates this account and this user itself. The account cannot be deleted; the user can.
ROOT: Final = "root"
GRANT: Final = (
    "sacctmgr add user USER account=root adminlevel=operator (or, where USER has an account: "
    "sacctmgr modify user USER set adminlevel=operator)"
)


@dataclass(frozen=True, slots=True)
class AccountRows:
    """Slurm's accounting as two tables, exactly as its database spells them.

    Attributes:
        default_accounts: default account by user; empty where a user has none.
        organizations: organization by account; empty where an account has none.
    """

    default_accounts: Mapping[str, str]
    organizations: Mapping[str, str]

    def department(self, user: str) -> str:
        """Return the cleaned organization of the user's default account, ``unknown`` where there is none."""
        return clean(self.organizations.get(self.default_accounts.get(user, ""), "")) or UNKNOWN

    def departments(self) -> dict[str, str]:
        """Return the cleaned department by user name in lower case.

        Where a site keeps upper case (PreserveCaseUser) and two names differ in nothing else, the lower-case one
        counts.
        """
        by_case = sorted(self.default_accounts, key=lambda user: (user.islower(), user))
        return {user.lower(): self.department(user) for user in by_case}


def parse_accounts(text: str) -> dict[str, str]:
    """Return the organization by account from the answer to :data:`SHOW_ACCOUNTS`.

    Raises:
        SlurmError: nothing came, a line is not a row, or the account ``root``, which every Slurm has, is missing.
    """
    rows = dict(_rows(text, SHOW_ACCOUNTS, "account|organization"))
    if ROOT not in rows:
        raise SlurmError(private("accounts", len(rows)))
    return rows


def parse_users(text: str, accounts: Mapping[str, str]) -> dict[str, str]:
    """Return the default account by user from the answer to :data:`SHOW_USERS`.

    Whether the list is complete is another question: see :func:`hidden_users`.

    Args:
        text: the command's output.
        accounts: the known accounts; they tell which ``|`` separates when a name holds one itself.

    Raises:
        SlurmError: nothing came, or a line is not a row.
    """
    rows: dict[str, str] = {}
    for first, rest in _rows(text, SHOW_USERS, "user|default account"):
        user, account = first, rest
        while account not in accounts and "|" in account:
            head, account = account.split("|", 1)
            user = f"{user}|{head}"
        if account not in accounts:
            user, account = first, rest
        # A second row of a user (an older sacctmgr, one per association) only fills in what the first left open.
        rows[user] = rows.get(user) or account
    return rows


def hidden_users(users: Mapping[str, str], configuration: str) -> str | None:
    """Return why the list of users cannot be complete, or None.

    With PrivateData=users in slurmdbd.conf, sacctmgr shows an ordinary user only itself and exits with 0. A list with
    the user ``root`` is complete; one without is, if slurmdbd hides no users: then somebody deleted that user.

    Args:
        users: default account by user.
        configuration: the answer to :data:`SHOW_CONFIGURATION`: slurm.conf's settings, then slurmdbd's own.
    """
    of_slurmdbd = configuration.rpartition("SlurmDBD configuration")[2]
    hidden = [line.partition("=")[2] for line in of_slurmdbd.split("\n") if line.startswith("PrivateData")]
    if ROOT in users or (hidden and "users" not in hidden[0]):
        return None
    return private("users", len(users))


def private(what: str, count: int) -> str:
    """Return the text for a list that Slurm shows only in part."""
    return (
        f"sacctmgr lists {count} {what}, but not '{ROOT}', which every Slurm has: PrivateData in slurmdbd.conf hides "
        f"the others from this user. Give it the right to read: {GRANT}"
    )


def _rows(text: str, command: tuple[str, ...], shape: str) -> Iterator[tuple[str, str]]:
    """Split an answer into its rows at the first ``|`` (not ``splitlines``: names may hold other separators)."""
    asked = " ".join(command)
    if not text.strip():
        raise SlurmError(
            f"{asked}: exit code 0, but no output. Slurm always lists '{ROOT}': either PrivateData in slurmdbd.conf "
            f"hides everything from this user (then: {GRANT}) or the command prefix loses the output"
        )
    lines = text.split("\n")
    if lines.pop():
        raise SlurmError(f"{asked}: the output ends in the middle of a line; asked again at the next refresh")
    for number, line in enumerate(lines, 1):
        first, separator, rest = line.removesuffix("\r").partition("|")
        if not separator or not first:
            raise SlurmError(
                f"{asked}: line {number} of the output is not '{shape}': {clean(line)!r}. "
                "Does slurm.command_prefix print something of its own (a login message)?"
            )
        yield first, rest
