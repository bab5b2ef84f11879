"""The command line: exit codes, one message per mistake, never a traceback."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy

from exporter.catalogue import ALL
from exporter.cli import main

ROOT = Path(__file__).parents[2]
# Modules that only a running collector needs; --help and metrics must not wait for them.
HEAVY = ("pandas", "scipy", "sklearn", "sqlalchemy", "uvicorn", "pydantic")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Umbrella = Callable[..., Done]


@pytest.fixture
def umbrella(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Umbrella]:
    """Run a command in this process, in an empty folder, with no variables of ours but those given."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("UMBRELLA_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, env: dict[str, str] | None = None) -> Done:
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        code = main(arguments)
        captured = capfd.readouterr()
        return Done(code, captured.out, captured.err)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def alone(*arguments: str, stdout: int) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, whose standard output goes elsewhere."""
    return subprocess.run(
        [sys.executable, "-m", "exporter", *arguments],
        cwd=ROOT,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )


def config_file(folder: Path, text: str) -> str:
    """Write a configuration whose state lies beside it."""
    path = folder / "umbrella.yml"
    path.write_text(text + "\nstate: {directory: state}\n")
    return str(path)


def test_help_names_every_command(umbrella: Umbrella) -> None:
    """Each command of the contract is there, and none that comes later."""
    lines = umbrella("--help").stdout.splitlines()
    commands = [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]]
    assert commands == ["check", "collect", "demo-data", "metrics", "serve"]


@pytest.mark.parametrize("arguments", [["--help"], ["metrics"], ["serve", "--help"], ["check", "--help"]])
def test_what_needs_nothing_loads_nothing(arguments: Sequence[str]) -> None:
    """Help and catalogue import no database, no web server and no statistics."""
    script = (
        f"import sys; from exporter.cli import main; main({list(arguments)!r}); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == "[]\n"


def test_version(umbrella: Umbrella) -> None:
    """The version is the package's."""
    assert umbrella("--version").stdout.startswith("umbrella, version ")


def test_metrics_are_one_per_line(umbrella: Umbrella) -> None:
    """Name, type, labels, unit and help are fields between tabs, a minus for an empty one."""
    lines = umbrella("metrics").stdout.splitlines()
    fields = [line.split("\t") for line in lines]
    assert [(name, kind, help_text) for name, kind, _, _, help_text in fields] == [
        (spec.name, spec.kind, spec.help) for spec in ALL
    ]
    assert "" not in {field for line in fields for field in line}
    assert lines[-1] == "slurm_accounts\tgauge\t-\taccounts\tAccounts known to Slurm's accounting."


def test_metrics_for_programs(umbrella: Umbrella) -> None:
    """JSON has everything, the bounds of histograms too."""
    entries = json.loads(umbrella("metrics", "--format", "json").stdout)
    assert [entry["name"] for entry in entries] == [spec.name for spec in ALL]
    by_name = {entry["name"]: entry for entry in entries}
    assert by_name["osticket_ticket_resolution_seconds"]["bounds"][:2] == [3600, 4 * 3600]
    assert by_name["osticket_ticket_resolution_seconds"]["labels"] == ["priority"]


def test_the_documented_metrics_are_the_catalogue(umbrella: Umbrella) -> None:
    """docs/metrics.md is what umbrella metrics --format markdown writes."""
    assert (ROOT / "docs" / "metrics.md").read_text() == umbrella("metrics", "--format", "markdown").stdout


@pytest.mark.parametrize("command", ["serve", "collect"])
def test_without_configuration_nothing_starts(umbrella: Umbrella, command: str) -> None:
    """Serve and collect refuse and say what to set."""
    done = umbrella(command)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("umbrella: no collector is on: set osticket.url (UMBRELLA_OSTICKET__URL)")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "collect"])
def test_mistakes_in_the_configuration_have_their_own_code(umbrella: Umbrella, command: str, tmp_path: Path) -> None:
    """Every mistake is a line on standard error; the exit code is 2."""
    done = umbrella(command, "--config", config_file(tmp_path, "users: {top: 0}\nslurm: {source: x}"))
    assert done.returncode == 2
    assert [line.partition(": ")[2] for line in done.stderr.splitlines()] == [
        f"{tmp_path}/umbrella.yml, line 1: users.top is 0; expected a number from 1 up",
        "slurm.source is 'x'; expected cli, rest, demo or off",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["serve", "--port", "1"], "No such option"),
        (["serve", "--log-level", "loud"], "'loud' is not one of 'debug', 'info', 'warning', 'error'"),
        (["collect", "--only", ","], "expected names of collectors, such as tickets,slurm"),
        (["metrics", "--format", "xml"], "'xml' is not one of"),
        (["demo-data"], "Missing option '--url'"),
        (["demo-data", "--url", "demo://"], "'demo://'; expected sqlite:///FILE or mysql+pymysql://"),
        (["demo-data", "--url", "postgresql://u:hidden@h/d"], "'postgresql://***@h/d'; expected sqlite:///FILE"),
        (["demo-data", "--url", "sqlite:///x", "--tickets", "-1"], "-1 is not in the range"),
        (["demo-data", "--url", "sqlite:///x", "--seed", "one"], "'one' is not a valid integer"),
    ],
)
def test_wrong_arguments_are_usage_errors(umbrella: Umbrella, arguments: list[str], message: str) -> None:
    """A wrong argument is one message with exit code 2 that holds no secret."""
    done = umbrella(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_collector_that_is_not_on_cannot_be_asked_for(umbrella: Umbrella, tmp_path: Path) -> None:
    """Only names of collectors that are on make sense."""
    done = umbrella("collect", "--only", "gpu", "--config", config_file(tmp_path, "slurm: {source: cli}"))
    assert done.returncode == 2
    assert done.stderr.startswith("umbrella: --only gpu: no such collector is on; expected some of slurm")


def test_collect_prints_metrics_and_names_what_failed(umbrella: Umbrella, tmp_path: Path) -> None:
    """A failed collector makes exit code 1 and is named on standard error; the exposition is printed all the same."""
    done = umbrella("collect", "--config", config_file(tmp_path, "slurm: {source: cli}"), env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert 'umbrella_collector_up{collector="slurm"} 0.0' in done.stdout
    assert "slurm" in done.stderr
    assert "Traceback" not in done.stderr


def test_collect_reads_real_answers(umbrella: Umbrella, tmp_path: Path) -> None:
    """A collector that succeeds makes exit code 0 and publishes its metrics."""
    program = tmp_path / "sacctmgr"
    program.write_text(
        '#!/bin/sh\ncase "$*" in *user*) printf "root|root\\nann|cs1\\n" ;; *) printf "root|root\\ncs1|cs\\n" ;; esac\n'
    )
    program.chmod(0o755)
    done = umbrella(
        "collect", "--config", config_file(tmp_path, "slurm: {source: cli}"), env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "slurm_users 2.0" in done.stdout


def test_check_offline_of_a_good_file(umbrella: Umbrella, tmp_path: Path) -> None:
    """The configuration alone is checked; nothing is connected to, nothing is made."""
    path = config_file(tmp_path, "osticket: {url: 'mysql://u@127.0.0.1:1/d'}")
    done = umbrella("check", "--offline", "--config", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "ok    configuration: every key and value is understood",
        "ok    collectors: on: tickets",
    ]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["umbrella.yml"]


def test_check_of_a_bad_file(umbrella: Umbrella, tmp_path: Path) -> None:
    """Mistakes are lines of the check, with the exit code of a wrong configuration."""
    done = umbrella("check", "--offline", "--config", config_file(tmp_path, "users: {top: 0}"))
    assert done.returncode == 2
    assert done.stdout == (
        f"FAIL  configuration: {tmp_path}/umbrella.yml, line 1: users.top is 0; expected a number from 1 up\n"
    )


def test_check_that_fails(umbrella: Umbrella, tmp_path: Path) -> None:
    """Any failure makes exit code 1; the other parts are checked all the same."""
    done = umbrella(
        "check", env={"UMBRELLA_CONFIG": config_file(tmp_path, "osticket: {url: 'mysql://u@127.0.0.1:1/d'}")}
    )
    assert done.returncode == 1
    assert "FAIL  database connection: mysql+pymysql://u@127.0.0.1:1/d: " in done.stdout
    assert "ok    state directory: " in done.stdout
    assert done.stderr == ""


def test_demo_data_writes_a_database_that_check_likes(umbrella: Umbrella, tmp_path: Path) -> None:
    """The written database is osTicket's; writing twice is refused with exit code 1."""
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    done = umbrella("demo-data", "--url", url, "--tickets", "50", "--seed", "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("50 tickets of ")
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("SELECT COUNT(*) FROM ost_ticket")) == 50
    engine.dispose()
    checked = umbrella("check", "--config", config_file(tmp_path, f"osticket: {{url: '{url}'}}"))
    assert checked.returncode == 0, checked.stdout
    again = umbrella("demo-data", "--url", url)
    assert again.returncode == 1
    assert again.stderr.startswith("umbrella: demo-data: ")
    assert len(again.stderr.splitlines()) == 1


def test_the_address_of_the_demo_may_be_a_variable(umbrella: Umbrella, tmp_path: Path) -> None:
    """A password need not stand in the arguments, where every user of the machine sees it."""
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    assert umbrella("demo-data", "--tickets", "0", env={"UMBRELLA_DEMO_DATA_URL": url}).returncode == 0
    assert (tmp_path / "desk.sqlite").exists()


def test_a_reader_that_goes_away_is_no_error() -> None:
    """Output into a closed pipe ends quietly, as with every Unix tool."""
    read, write = os.pipe()
    os.close(read)
    done = alone("metrics", stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_a_full_disk_under_standard_output_is_one_message() -> None:
    """Output that cannot be written is a failure."""
    with Path("/dev/full").open("w") as full:
        done = alone("metrics", stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr == "umbrella: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_a_command_at_once(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A command that waits for Slurm ends on a signal, with the shell's exit code and without a traceback."""
    program, started = tmp_path / "sacctmgr", tmp_path / "started"
    os.mkfifo(started)
    program.write_text(f"#!/bin/sh\necho > {started}\nexec sleep 60\n")
    program.chmod(0o755)
    path = config_file(tmp_path, "slurm: {source: cli, timeout: 50s}")
    with subprocess.Popen(
        [sys.executable, "-m", "exporter", "collect", "--config", path],
        env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        started.read_text()  # until the command runs
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors
