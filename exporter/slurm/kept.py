"""Users and accounts in the state directory, so that a restart while slurmdbd is away keeps the departments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from exporter.slurm.accounts import AccountRows

_NAME: Final = "slurm_accounts"
_FORMAT: Final = 1
_YEAR_9999: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Store(Protocol):
    """The part of the state directory that is used here."""

    def read(self, name: str, version: int) -> Any:
        """Return the data of a document, or None."""
        ...

    def write(self, name: str, version: int, data: Any) -> bool:
        """Replace a document; return whether it is on disk."""
        ...


@dataclass(frozen=True, slots=True)
class Accounts:
    """Users and accounts, and when Slurm told them.

    Attributes:
        rows: the two tables.
        read_at: seconds since the epoch (UTC).
    """

    rows: AccountRows
    read_at: float

    @property
    def since(self) -> str:
        """The moment for people: ISO 8601, UTC."""
        return datetime.fromtimestamp(self.read_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def save(store: Store, accounts: Accounts) -> None:
    """Keep them; a disk that refuses is the state directory's to report."""
    users, organizations = accounts.rows.default_accounts, accounts.rows.organizations
    data = {"read_at": accounts.read_at, "default_accounts": dict(users), "organizations": dict(organizations)}
    store.write(_NAME, _FORMAT, data)


def load(store: Store) -> Accounts | None:
    """Return what was kept; None if nothing was, or nothing that can be used.

    Raises:
        StateError: written by a newer version, or not readable.
    """
    match store.read(_NAME, _FORMAT):
        case {
            "read_at": int() | float() as read_at,
            "default_accounts": dict() as users,
            "organizations": dict() as names,
        }:
            texts = [*users.values(), *names.values()]
            if users and 0 <= read_at < _YEAR_9999 and all(isinstance(text, str) for text in texts):
                return Accounts(AccountRows(users, names), float(read_at))
    return None
