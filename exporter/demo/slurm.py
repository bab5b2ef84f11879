"""The demo's Slurm: 1743 users whose accounts belong to the published departments; every requester but strangers."""

from typing import Final

import numpy as np

from exporter.demo.cast import DEPARTMENTS, make_cast
from exporter.slurm.accounts import ROOT, AccountRows

SEED: Final = 1
"""Of the demo that is served: its help desk and its Slurm must invent the same people."""
_PER_GROUP: Final = 14  # users per research group with an account of its own


def demo_accounts(seed: int = SEED) -> AccountRows:
    """Return the users and accounts that match the help desk of the same seed.

    A department has an account of its own name and one per research group; the organization of all is the department.
    """
    cast = make_cast(seed)
    rng = np.random.default_rng((seed, 7))
    members = np.flatnonzero(cast.department >= 0)
    sizes = np.bincount(cast.department[members])
    organizations = {ROOT: "root"}
    for department, size in zip(DEPARTMENTS, sizes, strict=True):
        organizations |= dict.fromkeys(_accounts(department, int(size)), department)
    users: dict[str, str] = {}
    for person, group in zip(members.tolist(), rng.random(len(members)), strict=True):
        number = cast.department[person]
        accounts = _accounts(DEPARTMENTS[number], int(sizes[number]))
        # Half of a department's people work in a group.
        users[cast.login[person]] = accounts[0] if group < 0.5 else accounts[int((group - 0.5) * 2 * len(accounts))]
    return AccountRows(users, organizations)


def _accounts(department: str, size: int) -> list[str]:
    return [department, *(f"{department}-lab{group}" for group in range(1, size // _PER_GROUP + 1))]
