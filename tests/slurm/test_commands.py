"""The command runner, with real children."""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.errors import SlurmError
from exporter.slurm import processes
from exporter.slurm.commands import CommandRunner, clean_environment
from tests.slurm.daemons import wait_until

PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
MIB = 1024 * 1024


def sh(script: str, runner: CommandRunner | None = None) -> str:
    """Run a shell script."""
    return (runner or CommandRunner(PLAIN)).run(["sh", "-c", script])


def all_gone(pids: list[int]) -> None:
    """Wait until these processes have ended: a SIGKILL that was sent takes a moment to work."""
    wait_until("the end of the processes", lambda: all(gone(pid) for pid in pids), 5)


def gone(pid: int) -> bool:
    """Return whether a process has ended (one that only waits for its parent to look has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except FileNotFoundError:
        return True


def numbers(file: Path, count: int) -> list[int]:
    """Return the process numbers that a script has written."""
    wait_until("the script", lambda: file.exists() and len(file.read_text().split()) == count)
    return [int(word) for word in file.read_text().split()]


def test_output_is_standard_output_only() -> None:
    """What a command says on standard error is no output, and no failure with exit code 0."""
    assert sh("echo warning >&2; echo answer") == "answer\n"


def test_large_outputs_on_both_pipes_do_not_block() -> None:
    """A command that fills both pipes at once is read to the end."""
    assert len(sh("head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait")) == 3_000_000


def test_undecodable_bytes_are_replaced() -> None:
    """Bytes that are not UTF-8 become U+FFFD, the others stay."""
    assert sh(r"printf 'caf\351|\303\251\n'") == "caf\ufffd|é\n"


def test_partial_output_with_exit_code_is_a_failure() -> None:
    """A non-zero exit code fails whatever was written; the text has the code, the words and a next step."""
    with pytest.raises(SlurmError, match=r"exit code 3: no luck here\. Run the command by hand"):
        sh("echo half; printf 'no luck\\n\\033here\\n' >&2; exit 3")


def test_failure_without_standard_error_quotes_the_output() -> None:
    """Some of Slurm's commands complain on standard output; a long complaint is cut."""
    with pytest.raises(SlurmError, match=r"exit code 1: x{299}…\. "):
        sh("printf 'x%.0s' $(seq 5000); exit 1")


def test_last_words_are_read() -> None:
    """Words on standard error after the end of standard output are in the text."""
    with pytest.raises(SlurmError, match="exit code 1: last words"):
        sh("exec >&-; sleep 0.1; echo last words >&2; exit 1")


def test_command_killed_by_a_signal_is_a_failure() -> None:
    """A command that somebody kills is named with the signal."""
    with pytest.raises(SlurmError, match="killed by signal 9: no message"):
        sh("kill -9 $$")


@pytest.mark.parametrize(
    ("name", "mode", "content", "why"),
    [
        ("missing", None, "", "not found"),
        ("plain", 0o644, "#!/bin/sh\n", "not executable"),
        ("empty", 0o755, "\x7fELF", "Exec format error"),
        ("null\0byte", None, "", "embedded null byte"),
    ],
)
def test_command_that_cannot_start(tmp_path: Path, name: str, mode: int | None, content: str, why: str) -> None:
    """A command that is missing or no program is said with the next step (fault 36)."""
    file = f"{tmp_path}/{name}"
    if mode is not None:
        Path(file).write_text(content)
        Path(file).chmod(mode)
    with pytest.raises(SlurmError, match=rf"cannot be started: {why}.*slurm\.command_prefix"):
        CommandRunner(PLAIN).run([file])


def test_timeout_kills_children_and_grandchildren(tmp_path: Path) -> None:
    """After its time a command is killed with all it started: deaf to SIGTERM, stopped, or in a session of its own."""
    pids = tmp_path / "pids"
    script = (
        f"trap '' TERM; echo $$ >> {pids}; sleep 600 & echo $! >> {pids}; "
        f"setsid sh -c 'trap \"\" TERM; echo $$ >> {pids}; sleep 600' & "
        f"sh -c 'echo $$ >> {pids}; kill -STOP $$' & while :; do sleep 600; done"
    )
    with pytest.raises(SlurmError, match=r"no answer within 0\.5 s; killed with its children"):
        sh(script, CommandRunner(PLAIN, timeout=0.5))
    all_gone(numbers(pids, 4))


def test_polite_command_ends_on_sigterm(tmp_path: Path) -> None:
    """A command gets SIGTERM and time to tidy up before it is killed."""
    with pytest.raises(SlurmError, match="no answer"):
        sh(f"trap 'echo tidy > {tmp_path}/said; exit 0' TERM; sleep 600 & wait", CommandRunner(PLAIN, timeout=0.5))
    assert (tmp_path / "said").read_text() == "tidy\n"


def test_process_left_behind_that_holds_the_output(tmp_path: Path) -> None:
    """An exited command whose child keeps the output open is a failure, and the child is killed."""
    pids = tmp_path / "pids"
    with pytest.raises(SlurmError, match="a process that it left behind held its output open"):
        sh(f"sleep 600 & echo $! > {pids}", CommandRunner(PLAIN, timeout=0.5))
    all_gone(numbers(pids, 1))


def test_process_left_behind_silently(tmp_path: Path) -> None:
    """What an answering command leaves in its session is killed; the answer counts."""
    pids = tmp_path / "pids"
    assert sh(f"sleep 600 >/dev/null 2>&1 & echo $! > {pids}; echo answer") == "answer\n"
    all_gone(numbers(pids, 1))


def test_timeout_of_the_prefix() -> None:
    """A command that ``timeout`` in the prefix ends is told as one that took too long."""
    with pytest.raises(SlurmError, match=r"exit code 124: no message\. .*timeout\(1\).*frozen, locked or overloaded"):
        CommandRunner(PLAIN, ("timeout", "0.1")).run(["sleep", "600"])


@pytest.mark.parametrize("script", ["yes", "head -c 200000000 /dev/zero"])
def test_too_much_output(script: str) -> None:
    """Endless output and 200 MB are cut at the limit, and the command is killed (fault 37)."""
    with pytest.raises(SlurmError, match="more than 64 MiB of output; killed"):
        sh(script)


def test_memory_is_bounded() -> None:
    """Neither endless output nor endless complaints take more memory than the limit and a few buffers."""
    tracemalloc.start()
    try:
        with pytest.raises(SlurmError, match="more than 1 MiB"):
            sh("yes >&2 & yes", CommandRunner(PLAIN, limit=MIB))
        with pytest.raises(SlurmError, match="exit code 1: y y y"):
            sh("yes | head -c 30000000 >&2; exit 1", CommandRunner(PLAIN, limit=MIB))
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_environment_is_cleaned() -> None:
    """Variables that change Slurm's answers, other locales and our own passwords do not reach the child."""
    ours = {
        "PATH": PLAIN["PATH"],
        "HOME": "/h",
        "SLURM_CONF": "/c",
        "SLURM_JWT": "t",
        "TZ": "UTC",
        "SSH_AUTH_SOCK": "/s",
    }
    slurm = "SLURM_TIME_FORMAT SLURM_CLUSTERS SQUEUE_FORMAT SINFO_FORMAT SACCT_FORMAT SACCTMGR_X SSHARE_X SPRIO_FORMAT"
    others = "UMBRELLA_OSTICKET__PASSWORD LANG LANGUAGE LC_NUMERIC LC_ALL"
    foreign = dict.fromkeys([*slurm.split(), *others.split()], "x")
    seen = CommandRunner(clean_environment(ours | foreign)).run(["env"]).splitlines()
    assert dict(line.split("=", 1) for line in seen) == ours | {"LC_ALL": "C.UTF-8"}


def test_file_descriptors_and_terminal_are_not_inherited() -> None:
    """A child has its three pipes and nothing of ours, no input, and a session of its own."""
    ours = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(ours, True)  # noqa: FBT003  the library's own signature
    try:
        assert sorted(sh("exec ls /proc/self/fd").split()) == ["0", "1", "2", "3"]  # 3 is ls's own look at the folder
        assert sh("readlink /proc/self/fd/0") == "/dev/null\n"
        assert int(sh("cut -d' ' -f6 /proc/self/stat")) != os.getsid(0)
    finally:
        os.close(ours)


@pytest.mark.parametrize("word", ["two words", "it's", "$(id)", "a;b", "*", ""])
def test_prefix(word: str) -> None:
    """Words stay words behind a prefix; with ``one_word`` they follow as one quoted word, as ssh wants it."""
    echo = ["printf", "[%s]", word, "x"]
    assert CommandRunner(PLAIN, ("env", "--")).run(echo) == f"[{word}][x]"
    assert CommandRunner(PLAIN, ("sh", "-c"), one_word=True).run(echo) == f"[{word}][x]"


def test_stop_ends_what_runs_and_what_comes(tmp_path: Path) -> None:
    """Stopping from another thread kills the running command, and later ones fail at once."""
    runner, failures, started = CommandRunner(PLAIN, timeout=60), [], tmp_path / "started"

    def run() -> None:
        with pytest.raises(SlurmError) as failure:
            sh(f"echo $$ > {started}; sleep 600", runner)
        failures.append(str(failure.value))

    thread = threading.Thread(target=run)
    thread.start()
    (pid,) = numbers(started, 1)
    runner.stop()
    thread.join(20)
    run()
    assert len(failures) == 2
    assert all("stopped" in text for text in failures)
    assert gone(pid)


def test_interrupted_run_leaves_no_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the midst of reading, such as Ctrl-C, kills the child too."""
    started = tmp_path / "started"

    def interrupted(_: object) -> bool:
        numbers(started, 1)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("exporter.slurm.commands._Pipes.reading", property(interrupted))
        with pytest.raises(KeyboardInterrupt):
            sh(f"echo $$ > {started}; sleep 600")
    assert gone(numbers(started, 1)[0])


def test_child_that_cannot_be_killed_is_not_joined_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a child of another user that outlives its time (sudo) no second one is started until it has ended."""
    runner = CommandRunner(PLAIN, timeout=0.2)
    children: list[subprocess.Popen[bytes]] = []

    def refused(*_: int) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refused)
        patch.setattr(os, "kill", refused)
        patch.setattr(processes, "_GRACE", 0.05)
        patch.setattr(processes, "_LAST", 0.05)
        with pytest.raises(SlurmError, match="no answer within"):
            sh("exec sleep 600", runner)
        children += runner._immortal
    with pytest.raises(SlurmError, match=r"process \d+, an earlier Slurm command, still runs .*command_prefix: \[sudo"):
        sh("true", runner)
    os.killpg(children[0].pid, signal.SIGKILL)
    os.waitid(os.P_PID, children[0].pid, os.WEXITED | os.WNOWAIT)
    assert sh("echo again", runner) == "again\n"


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Make this process the one that adopts orphans, as process 1 of a container does."""
    libc = ctypes.CDLL(None)
    subreaper = 36  # PR_SET_CHILD_SUBREAPER
    assert libc.prctl(subreaper, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        libc.prctl(subreaper, 0, 0, 0, 0)


def test_no_zombies_as_process_1(tmp_path: Path) -> None:
    """Orphans of a killed command that fall to us, as in a container, are reaped."""
    pids = tmp_path / "pids"
    with adopting_orphans(), pytest.raises(SlurmError, match="no answer"):
        sh(
            f"sleep 600 & echo $! >> {pids}; setsid sleep 600 & echo $! >> {pids}; wait",
            CommandRunner(PLAIN, timeout=0.5),
        )
    assert [pid for pid in numbers(pids, 2) if Path(f"/proc/{pid}").exists()] == []


def test_child_reaped_by_somebody_else() -> None:
    """A child that is no child any more (SIGCHLD ignored in the process) counts as exited."""
    child = subprocess.Popen([shutil.which("true") or "true"])
    os.waitpid(child.pid, 0)
    assert processes.exited(child)
    assert processes.end(child)
    assert processes.exited(child)
