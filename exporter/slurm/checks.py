"""What ``umbrella check`` says about Slurm: each command by itself, then what hides a part of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from exporter.errors import SlurmError
from exporter.labels import OTHER
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
from exporter.slurm.collector import open_runner, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.config.cluster import Slurm
    from exporter.departments import Schools
    from exporter.slurm.commands import Runner

_NAMED = 5  # departments that are named; the others are counted


class Check(NamedTuple):
    """One line of ``umbrella check``.

    Attributes:
        name: what was looked at.
        ok: whether it works.
        detail: what was found, or what is wrong and what to do next.
    """

    name: str
    ok: bool
    detail: str


def check(settings: Slurm, schools: Schools, environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield one line per Slurm command and question; nothing when Slurm is off. Takes up to three timeouts.

    Args:
        settings: the section ``slurm`` of the configuration.
        schools: school by department.
        environment: of this process; the commands get it cleaned.
    """
    if settings.source == "off":
        return
    if settings.source == "demo":
        rows = open_source(settings, environment).accounts()
        yield Check("slurm source", ok=True, detail=f"demo: {len(rows.default_accounts)} invented users")
        yield _departments(rows, schools)
    else:
        yield from _check_commands(open_runner(settings, environment), schools)


def _check_commands(runner: Runner, schools: Schools) -> Iterator[Check]:
    organizations: dict[str, str] | None = None
    users: dict[str, str] | None = None
    try:
        organizations = parse_accounts(runner.run(SHOW_ACCOUNTS))
        yield Check("slurm accounts", ok=True, detail=f"sacctmgr show account: {len(organizations)} accounts")
    except SlurmError as error:
        yield Check("slurm accounts", ok=False, detail=str(error))
    try:
        users = parse_users(runner.run(SHOW_USERS), organizations or {})
        yield Check("slurm users", ok=True, detail=f"sacctmgr show user: {len(users)} users")
    except SlurmError as error:
        yield Check("slurm users", ok=False, detail=str(error))
    if users is None or organizations is None:
        return
    try:
        hidden = None if ROOT in users else hidden_users(users, runner.run(SHOW_CONFIGURATION))
        detail = hidden or "hides no users or accounts from this user"
        yield Check("slurm PrivateData", ok=hidden is None, detail=detail)
    except SlurmError as error:
        yield Check("slurm PrivateData", ok=False, detail=str(error))
    yield _departments(AccountRows(users, organizations), schools)


def _departments(rows: AccountRows, schools: Schools) -> Check:
    found = set(rows.departments().values())
    lost = sorted(name for name in found if schools.of(name) == OTHER)
    named = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else "")
    detail = f"{len(found)} departments" + (
        f", of which in no school (schools: in the configuration): {named}" * bool(lost)
    )
    return Check("slurm departments", ok=True, detail=detail)
