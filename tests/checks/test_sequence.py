"""The order of ``umbrella check``, and what needs no server."""

import shutil
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from exporter.checks import Result, Status, run
from exporter.checks.files import check_secret_files, check_state
from exporter.config import Config
from exporter.config.model import State
from exporter.errors import ConfigError

NOW = 1_750_000_000.0


def results(config: Config, *, offline: bool, environment: Mapping[str, str] | None = None) -> list[Result]:
    """Run the checks of a configuration."""
    return list(run(lambda: config, environment or {}, NOW, offline=offline))


def make(tmp_path: Path, **sections: Any) -> Config:
    """Make a configuration whose state lies in the test's folder."""
    return Config(state=State(directory=tmp_path / "state"), **sections)


def test_offline_looks_at_the_configuration_alone(tmp_path: Path) -> None:
    """Offline neither folder nor server is touched: a database that is away is no failure."""
    config = make(tmp_path, osticket={"url": "mysql+pymysql://u@127.0.0.1:1/d"})
    assert [(result.status, result.name) for result in results(config, offline=True)] == [
        (Status.OK, "configuration"),
        (Status.OK, "collectors"),
    ]


def test_mistakes_of_the_configuration_come_through() -> None:
    """Nothing is checked with a configuration that has mistakes."""

    def load() -> Config:
        raise ConfigError("umbrella.yml, line 1: wrong")

    with pytest.raises(ConfigError, match="line 1: wrong"):
        list(run(load, {}, NOW, offline=False))


def test_nothing_to_collect_is_a_failure(tmp_path: Path) -> None:
    """A configuration that serve would refuse fails here too, with what to set."""
    failed = [result for result in results(make(tmp_path), offline=True) if result.status is Status.FAIL]
    assert [result.name for result in failed] == ["collectors"]
    assert "UMBRELLA_OSTICKET__URL" in failed[0].detail


def test_collectors_of_later_versions_are_said(tmp_path: Path) -> None:
    """Keys of collectors that are not there yet are accepted, and whoever set them is told."""
    config = make(tmp_path, osticket={"url": "demo://"}, gpu={"source": "nvml"}, topics={"top": 5})
    warned = [result.name for result in results(config, offline=True) if result.status is Status.WARN]
    assert warned == ["gpu", "topics"]


@pytest.mark.parametrize("sections", [{}, {"gpu": {"source": "off"}, "topics": {"model": None}}])
def test_collectors_that_are_off_are_not_said(tmp_path: Path, sections: dict[str, Any]) -> None:
    """Nobody is warned of what was left alone or turned off."""
    config = make(tmp_path, osticket={"url": "demo://"}, **sections)
    assert all(result.status is Status.OK for result in results(config, offline=True))


def test_every_part_has_its_lines(tmp_path: Path) -> None:
    """Online the state directory, the database and each Slurm command follow, one failure hiding no other."""
    config = make(tmp_path, osticket={"url": "mysql+pymysql://u@127.0.0.1:1/d"}, slurm={"source": "cli", "timeout": 5})
    found = {result.name: result.status for result in results(config, offline=False, environment={"PATH": "/nowhere"})}
    assert found["state directory"] is Status.OK
    assert found["database connection"] is Status.FAIL
    assert found["slurm accounts"] is Status.FAIL
    assert found["slurm users"] is Status.FAIL


def test_checking_makes_nothing(tmp_path: Path) -> None:
    """A check leaves no folder or file of whoever runs it behind."""
    assert check_state(tmp_path / "var" / "umbrella").detail.endswith("will be made by serve")
    (tmp_path / "there").mkdir()
    assert check_state(tmp_path / "there").detail.endswith("can be written")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["there"]


def test_a_file_in_place_of_the_state_directory_is_named(tmp_path: Path) -> None:
    """The state directory cannot be a file."""
    (tmp_path / "file").write_text("")
    result = check_state(tmp_path / "file" / "state")
    assert result.status is Status.FAIL
    assert f"{tmp_path / 'file'} is not a folder; give the service's user" in result.detail


def test_a_folder_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that this user cannot write, and a file in it that it cannot read, are failures."""
    (tmp_path / "pseudonyms.key").write_text("")

    def only_folders(path: Path, _: int) -> bool:
        return path == tmp_path

    monkeypatch.setattr("os.access", only_folders)
    assert "pseudonyms.key cannot be read and written by this user" in check_state(tmp_path).detail
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert f"{tmp_path} cannot be written by this user" in check_state(tmp_path).detail


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than 16 MiB is a failure before it is a problem."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  the shape of shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
    assert "less than 16 MiB left" in check_state(tmp_path).detail


@pytest.mark.parametrize(("mode", "status"), [(0o644, Status.WARN), (0o640, Status.OK), (0o600, Status.OK)])
def test_secrets_that_everybody_reads_are_said(tmp_path: Path, mode: int, status: Status) -> None:
    """A password file that every user of the machine may read is a warning with the command that helps."""
    path = tmp_path / "password"
    path.write_text("geheim")
    path.chmod(mode)
    config = make(tmp_path, osticket={"url": "mysql://u@h/d", "password_file": path})
    (result,) = check_secret_files(config)
    assert result.status is status
    assert (f"chmod o= {path}" in result.detail) is (status is Status.WARN)
