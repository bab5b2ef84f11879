"""The set-up guide says what works."""

import re
from pathlib import Path

import pytest

from exporter.config.cluster import Slurm
from exporter.errors import SlurmError
from exporter.slurm import accounts
from exporter.slurm.collector import open_runner, open_source
from tests.slurm.cluster import SlurmCluster

GUIDE = Path(__file__).parents[2] / "docs" / "slurm-setup.md"


def test_commands_of_the_guide_are_those_that_are_asked() -> None:
    """Every command that Umbrella asks is in the guide, in the forced command, and in the sudo rule."""
    guide = GUIDE.read_text(encoding="utf-8")
    for command in (accounts.SHOW_USERS, accounts.SHOW_ACCOUNTS, accounts.SHOW_CONFIGURATION):
        words = " ".join(command)
        assert f"'{words}') ;;" in guide
        assert "timeout 9 " + re.sub("([=,])", r"\\\1", words) in guide


def test_forced_command_of_the_guide(slurm_cluster: SlurmCluster, tmp_path: Path) -> None:
    """The guide's script answers Umbrella's questions, from a real Slurm, and refuses everything else."""
    found = re.search(r"```sh\n(#!/bin/sh\n.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    script = tmp_path / "umbrella-slurm"
    script.write_text(found[1])
    script.chmod(0o755)
    # What sshd does with a forced command: the client's word arrives in a variable.
    prefix = ("sh", "-c", f'SSH_ORIGINAL_COMMAND="$0" exec {script}')
    settings = Slurm(source="cli", command_prefix=prefix, command_prefix_shell=True)
    here = open_source(Slurm(source="cli"), slurm_cluster.environment)
    assert open_source(settings, slurm_cluster.environment).accounts() == here.accounts()
    runner = open_runner(settings, slurm_cluster.environment)
    assert "PrivateData" in runner.run(accounts.SHOW_CONFIGURATION)
    for refused in (["id"], ["sacctmgr", "-i", "delete", "user", "u0000"], [*accounts.SHOW_USERS, ";id"]):
        with pytest.raises(SlurmError, match="umbrella-slurm: not allowed"):
            runner.run(refused)
