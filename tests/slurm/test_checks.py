"""What ``umbrella check`` says about Slurm, with recorded answers of the commands."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from exporter.config.cluster import Slurm
from exporter.departments import Schools
from exporter.slurm.checks import check

SCHOOLS = Schools.from_lists({"CEC": ["cs"]})


def sacctmgr(folder: Path, users: str, accounts: str, configuration: str = "exit 1") -> dict[str, str]:
    """Write a sacctmgr that runs a piece of shell per question; return the environment in which it is found."""
    program = folder / "sacctmgr"
    program.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"'-n -P show user format=user,defaultaccount') {users} ;;\n"
        f"'-n -P show account format=account,organization') {accounts} ;;\n"
        f"'-n show configuration') {configuration} ;;\n"
        "*) echo unexpected >&2; exit 1 ;;\nesac\n"
    )
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


USERS = r"printf 'root|root\neve|cs1\n'"
ACCOUNTS = r"printf 'root|root\ncs1|cs\n'"


def lines(environment: dict[str, str], settings: Slurm | None = None) -> Sequence[tuple[str, bool, str]]:
    """Return the lines of the check."""
    return list(check(settings or Slurm(source="cli"), SCHOOLS, environment))


def test_all_well(tmp_path: Path) -> None:
    """Each command has its line, then PrivateData, then departments with those that are in no school."""
    assert lines(sacctmgr(tmp_path, USERS, ACCOUNTS)) == [
        ("slurm accounts", True, "sacctmgr show account: 2 accounts"),
        ("slurm users", True, "sacctmgr show user: 2 users"),
        ("slurm PrivateData", True, "hides no users or accounts from this user"),
        ("slurm departments", True, "2 departments, of which in no school (schools: in the configuration): root"),
    ]


def test_many_departments_in_no_school(tmp_path: Path) -> None:
    """Five of the departments in no school are named, the others counted."""
    users = "printf 'root|root\\n'; for n in 1 2 3 4 5 6; do echo u$n\\|a$n; done"
    accounts = "printf 'root|root\\n'; for n in 1 2 3 4 5 6; do echo a$n\\|d$n; done"
    assert lines(sacctmgr(tmp_path, users, accounts))[-1][2].endswith(": d1, d2, d3, d4, d5 and 2 more")


@pytest.mark.parametrize("broken", ["users", "accounts"])
def test_one_command_fails(tmp_path: Path, broken: str) -> None:
    """A failing command has its own line with the next step, the other one is still tried."""
    fail = "echo \"Unknown field 'organization'\" >&2; exit 1"
    environment = sacctmgr(tmp_path, **({"users": USERS, "accounts": ACCOUNTS} | {broken: fail}))
    found = {name: (ok, detail) for name, ok, detail in lines(environment)}
    assert set(found) == {"slurm accounts", "slurm users"}
    ok, detail = found.pop(f"slurm {broken}")
    assert not ok
    assert "Unknown field 'organization'. This Slurm has no such field" in detail
    assert [ok for ok, _ in found.values()] == [True]


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ("echo 'PrivateData = users'", "but not 'root'"),
        ("echo no >&2; exit 1", "exit code 1: no"),
    ],
)
def test_private_data(tmp_path: Path, configuration: str, text: str) -> None:
    """A list of users without root is a failed line of its own, with the command that grants the right."""
    environment = sacctmgr(tmp_path, r"printf 'eve|cs1\n'", ACCOUNTS, configuration)
    (private,) = [(ok, detail) for name, ok, detail in lines(environment) if name == "slurm PrivateData"]
    assert not private[0]
    assert text in private[1]


def test_root_user_deleted(tmp_path: Path) -> None:
    """A list of users without root passes where slurmdbd says that it hides nothing."""
    environment = sacctmgr(tmp_path, r"printf 'eve|cs1\n'", ACCOUNTS, "echo 'PrivateData = none'")
    assert all(ok for _, ok, _ in lines(environment))


def test_source_off_and_demo() -> None:
    """Off says nothing; the demo has a line that says so, and its departments."""
    assert lines({}, Slurm()) == []
    source, departments = lines({}, Slurm(source="demo"))
    assert source == ("slurm source", True, "demo: 1743 invented users")
    assert departments[0] == "slurm departments"
