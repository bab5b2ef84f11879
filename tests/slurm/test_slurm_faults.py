"""Everything that goes wrong around a real Slurm's accounting.

Every fault: the last data stay with a problem that says what happened and what to do next, no command outlives its
time, and the next refresh after the cause is gone succeeds.
"""

import os
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from exporter.departments import Directory, Schools
from exporter.errors import SlurmError
from exporter.slurm.checks import check
from exporter.slurm.collector import SlurmCollector, open_runner
from exporter.state import StateDirectory
from tests.slurm import people
from tests.slurm.cluster import SlurmCluster
from tests.slurm.real import HOUR, NOW, collector, settings
from tests.slurm.samples import values


def assert_survives(cluster: SlurmCluster, fault: AbstractContextManager[None], problem: str, timeout: float) -> None:
    """See one fault: data stay, the problem is said, nothing is left running, the next refresh succeeds."""
    slurm = collector(cluster.environment, timeout=timeout)
    before = values(slurm.refresh(NOW).families)
    running = Counter(cluster.leftovers())
    with fault:
        refresh = slurm.refresh(NOW + HOUR)
        assert values(refresh.families) == before
        assert refresh.problem is not None
        assert problem in refresh.problem
        assert refresh.problem.endswith("Users and departments of 2027-01-15T08:00:00Z stay")
        assert not [command for command in Counter(cluster.leftovers()) - running if "sacctmgr" in command]
        with pytest.raises(SlurmError):
            collector(cluster.environment, timeout=timeout).refresh(NOW + HOUR)
    recovered = slurm.refresh(NOW + HOUR + 30)
    assert recovered.problem is None
    assert values(recovered.families) == before


def test_slurmdbd_stopped(slurm_cluster: SlurmCluster) -> None:
    """With slurmdbd stopped sacctmgr is refused at once, with the unit to look at (fault 30)."""
    fault = slurm_cluster.slurmdbd.stopped()
    assert_survives(slurm_cluster, fault, "slurmdbd does not answer: systemctl status slurmdbd", timeout=10)


def test_slurmdbd_frozen(slurm_cluster: SlurmCluster) -> None:
    """With slurmdbd frozen sacctmgr, which would wait for 45 s, is killed after our own time (fault 31)."""
    fault = slurm_cluster.slurmdbd.frozen()
    assert_survives(slurm_cluster, fault, "no answer within 3 s; killed with its children", timeout=3)


def test_database_frozen(slurm_cluster: SlurmCluster) -> None:
    """With MariaDB behind it frozen sacctmgr, which would wait for 30 s, is killed after our own time (fault 32)."""
    fault = slurm_cluster.database_frozen()
    assert_survives(slurm_cluster, fault, "no answer within 3 s; killed with its children", timeout=3)


def test_munged_stopped(slurm_cluster: SlurmCluster) -> None:
    """With munged stopped the text says to start it (fault 33)."""
    assert_survives(slurm_cluster, slurm_cluster.munged.stopped(), "Start munged", timeout=10)


def test_restart_without_slurmdbd(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    """After a restart while slurmdbd is away the departments of before are there, and Slurm's own once it is back."""

    def start(state: StateDirectory, directory: Directory) -> SlurmCollector:
        slurm = collector(slurm_cluster.environment, directory, store=state)
        slurm.restore()
        return slurm

    with StateDirectory(tmp_path) as state:
        before = values(start(state, Directory()).refresh(NOW).families)
    directory = Directory()
    with StateDirectory(tmp_path) as state:
        with slurm_cluster.slurmdbd.stopped():
            slurm = start(state, directory)
            assert directory.of("u0000") == "cs"
            refresh = slurm.refresh(NOW + HOUR)
            assert values(refresh.families) == before
            assert "Users and departments of 2027-01-15T08:00:00Z stay" in str(refresh.problem)
        assert slurm.refresh(NOW + HOUR + 30).problem is None


@pytest.mark.parametrize(
    ("hidden", "problem"),
    [
        ("users", "no output. Slurm always lists 'root': either PrivateData"),
        ("accounts", "Access/permission denied"),
        ("users,accounts", "Access/permission denied"),
    ],
)
def test_private_data(slurm_cluster: SlurmCluster, hidden: str, problem: str) -> None:
    """With PrivateData an ordinary user's refresh fails and names the command that grants the right (fault 35)."""
    with slurm_cluster.private_data(hidden):
        environment = slurm_cluster.as_user("nobody")
        with pytest.raises(SlurmError) as failure:
            collector(environment).refresh(NOW)
        failed = {line.name: line.detail for line in check(settings(), Schools(), environment) if not line.ok}
    assert "adminlevel=operator" in str(failure.value)
    assert problem in " ".join(failed.values())
    assert "adminlevel=operator" in " ".join(failed.values())


def test_private_data_with_own_rows(slurm_cluster: SlurmCluster) -> None:
    """With PrivateData a user sees itself, exit code 0: the missing root tells; with the right granted all is there."""
    slurm_cluster.run("sacctmgr", "-i", "add", "user", "nobody", "account=phys")
    try:
        with slurm_cluster.private_data("users"):
            environment = slurm_cluster.as_user("nobody")
            with pytest.raises(
                SlurmError, match=r"lists 1 users, but not 'root'.*modify user USER set adminlevel=operator"
            ):
                collector(environment).refresh(NOW)
            slurm_cluster.run("sacctmgr", "-i", "modify", "user", "nobody", "set", "adminlevel=operator")
            found = values(collector(environment).refresh(NOW).families)
            assert found["slurm_users"][()] == 2 + 300 + 2 * len(people.HOSTILE)
    finally:
        slurm_cluster.run("sacctmgr", "-i", "delete", "user", "nobody")


def test_commands_missing(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    """Without Slurm's commands on PATH, or without the right to execute them, the text says so (fault 36)."""
    (tmp_path / "sacctmgr").write_bytes(b"")
    for path, why in ((f"{tmp_path}/none", "not found"), (f"{tmp_path}", "not executable")):
        with pytest.raises(SlurmError, match=f"sacctmgr: cannot be started: {why}"):
            collector(slurm_cluster.environment | {"PATH": path}).refresh(NOW)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("yes", "more than 64 MiB of output"),
        ("head -c 200000000 /dev/zero", "more than 64 MiB of output"),
        ("echo Welcome", "line 1 of the output is not 'account|organization': 'Welcome'"),
        ("exec REAL | head -c 500", "the output ends in the middle of a line"),
        ("REAL; exit 1", "exit code 1"),
        ("true", "exit code 0, but no output"),
        (r"printf '\377\376\000\033|x\n'", "lists 1 accounts, but not 'root'"),
    ],
)
def test_sacctmgr_gone_wrong(slurm_cluster: SlurmCluster, tmp_path: Path, script: str, problem: str) -> None:
    """A wrapper in sacctmgr's place that floods, cuts or garbles the real answer fails the refresh (faults 37, 38)."""
    real = slurm_cluster.environment["PATH"]
    wrapper = tmp_path / "sacctmgr"
    wrapper.write_text("#!/bin/sh\n" + script.replace("REAL", f'env PATH={real} sacctmgr "$@"') + "\n")
    wrapper.chmod(0o755)
    environment = slurm_cluster.environment | {"PATH": f"{tmp_path}{os.pathsep}{real}"}
    with pytest.raises(SlurmError) as failure:
        collector(environment).refresh(NOW)
    assert problem in str(failure.value)
    assert "\n" not in str(failure.value)


def test_warnings_are_no_failure(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    """Real answers beside a warning on standard error count."""
    real = slurm_cluster.environment["PATH"]
    wrapper = tmp_path / "sacctmgr"
    wrapper.write_text(f'#!/bin/sh\necho "sacctmgr: warning: old" >&2\nexec env PATH={real} sacctmgr "$@"\n')
    wrapper.chmod(0o755)
    found = collector(slurm_cluster.environment | {"PATH": f"{tmp_path}{os.pathsep}{real}"}).refresh(NOW)
    assert found.problem is None


def test_unknown_field(slurm_cluster: SlurmCluster) -> None:
    """A field that this Slurm does not know fails with what to report (fault 39)."""
    runner = open_runner(settings(), slurm_cluster.environment)
    with pytest.raises(SlurmError, match=r"exit code 1: .*Unknown field 'bogus'.* report its version"):
        runner.run(["sacctmgr", "-n", "-P", "show", "user", "format=user,bogus"])


def test_without_slurm_conf(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    """A missing slurm.conf, for which sacctmgr waits a minute, ends after our own time."""
    environment = slurm_cluster.environment | {"SLURM_CONF": f"{tmp_path}/none"}
    with pytest.raises(SlurmError, match="no answer within 2 s"):
        collector(environment, timeout=2).refresh(NOW)
