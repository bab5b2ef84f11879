"""Slurm's commands as children: bounded in time and output, with a clean environment, leaving nothing behind."""

from __future__ import annotations

import os
import selectors
import shlex
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, Protocol, Self, cast

from exporter.errors import SlurmError
from exporter.slurm import processes
from exporter.slurm.hints import after_timeout, excerpt, next_step, not_started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_OUTPUT: Final = 64 * 1024 * 1024
_MAX_ERRORS: Final = 64 * 1024  # of standard error only the newest is kept, for the message
_CHUNK: Final = 1024 * 1024
_POLL: Final = 0.1  # how soon stop() is noticed
_POLL_EXIT: Final = 0.005  # how soon the exit is noticed once the output is at its end

# What these variables say changes what Slurm's commands ask or how they answer; UMBRELLA_* holds our own passwords.
_FOREIGN: Final = (
    "SLURM_", "SQUEUE_", "SINFO_", "SACCT", "SSHARE_", "SPRIO_", "SCONTROL_", "SREPORT_", "SDIAG_", "SSTAT_", "SRUN_",
    "SBATCH_", "SALLOC_", "SCANCEL_", "UMBRELLA_", "LC_", "LANG",
)  # fmt: skip
# Where Slurm is and who asks.
_OURS: Final = ("SLURM_CONF", "SLURM_JWT", "SLURM_SACK_")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for Slurm's commands: ours without what would change their answers, in C.UTF-8."""
    kept = {
        name: value for name, value in environment.items() if name.startswith(_OURS) or not name.startswith(_FOREIGN)
    }
    return {**kept, "LC_ALL": "C.UTF-8"}


class Runner(Protocol):
    """Runs one Slurm command and returns its complete standard output."""

    def run(self, command: Sequence[str]) -> str:
        """Run the command.

        Raises:
            SlurmError: not started, no end in time, too much output or a non-zero exit code.
        """
        ...

    def stop(self) -> None:
        """End what runs now and refuse what comes; from any thread."""
        ...


@dataclass(slots=True)
class CommandRunner:
    """Runs commands, each in a session of its own that ends with it. May be used by several threads at once.

    Attributes:
        environment: of the children; see :func:`clean_environment`.
        prefix: words before each command's own words (``ssh login1``, ``docker exec slurm``, ``sudo -n``).
        one_word: the command follows the prefix as one shell-quoted word.
        timeout: seconds until a command is killed with all its children.
        limit: bytes of standard output; a command that writes more is killed.
    """

    environment: Mapping[str, str]
    prefix: tuple[str, ...] = ()
    one_word: bool = False
    timeout: float = 10.0
    limit: int = MAX_OUTPUT
    _stopped: threading.Event = field(default_factory=threading.Event)
    _immortal: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def argv(self, command: Sequence[str]) -> list[str]:
        """Return the words that are started."""
        return [*self.prefix, shlex.join(command)] if self.one_word else [*self.prefix, *command]

    def run(self, command: Sequence[str]) -> str:
        """Run the command and return its standard output; bytes that are not UTF-8 become U+FFFD.

        Raises:
            SlurmError: not started, not ended in time, too much output, a non-zero exit code (whatever it wrote
                before), or stopped. The text says what to do next. Warnings on standard error are no failure.
        """
        self._refuse_beside_an_immortal()
        argv = self.argv(command)
        try:
            child = subprocess.Popen(  # noqa: S603  the configuration's own words, no shell
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(self.environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SlurmError(not_started(argv, error)) from None
        try:
            output, errors = self._read(child, shlex.join(argv))
        finally:
            if not processes.end(child):
                self._immortal.append(child)
        if child.returncode:
            said = excerpt(errors) or excerpt(output[-_MAX_ERRORS:])
            how = f"killed by signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
            raise SlurmError(f"{shlex.join(argv)}: {how}: {said or 'no message'}. {next_step(said, child.returncode)}")
        return output.decode(errors="replace")

    def stop(self) -> None:
        """Kill the commands that run now (within 2 s, in their own threads) and start none any more."""
        self._stopped.set()

    def _read(self, child: subprocess.Popen[bytes], name: str) -> tuple[bytearray, bytearray]:
        """Read until standard output is at its end and the child has exited; return output and newest errors."""
        deadline = time.monotonic() + self.timeout
        with _Pipes(child) as pipes:
            while pipes.reading or not processes.exited(child):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise SlurmError(after_timeout(name, self.timeout, exited=processes.exited(child)))
                if self._stopped.is_set():
                    raise SlurmError(f"{name}: stopped, because Umbrella ends or reads its configuration again")
                pipes.take(min(left, _POLL if pipes.reading else _POLL_EXIT))
                if len(pipes.output) > self.limit:
                    raise SlurmError(
                        f"{name}: more than {self.limit // 1024 // 1024} MiB of output; killed. "
                        "Run it by hand to see what it writes; is slurm.command_prefix right?"
                    )
            pipes.take(0)  # the last words on standard error may have come after the end of standard output
        return pipes.output, pipes.errors

    def _refuse_beside_an_immortal(self) -> None:
        """Never pile up children that could not be killed (another user's, or stuck in the kernel)."""
        self._immortal = [child for child in self._immortal if child.poll() is None]
        for child in self._immortal:
            raise SlurmError(
                f"process {child.pid}, an earlier Slurm command, still runs and cannot be killed from here. With sudo, "
                "let the other side keep the time: command_prefix: [sudo, -n, -u, SLURM_USER, timeout, '10']"
            )


class _Pipes:
    """Standard output and standard error of a child, read as they come, closed at the end."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.output, self.errors = bytearray(), bytearray()
        self._out, self._err = cast("IO[bytes]", child.stdout), cast("IO[bytes]", child.stderr)
        self._open = selectors.DefaultSelector()
        self._open.register(self._out, selectors.EVENT_READ, self.output)
        self._open.register(self._err, selectors.EVENT_READ, self.errors)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._out.close()
        self._err.close()

    @property
    def reading(self) -> bool:
        """Whether standard output is open: held by the child, or by a process that the child left behind."""
        return self._out in self._open.get_map()

    def take(self, wait: float) -> None:
        """Read what is there, waiting at most ``wait`` seconds for it."""
        for key, _ in self._open.select(wait):
            chunk = os.read(key.fd, _CHUNK)
            if chunk:
                key.data.extend(chunk)
            else:
                self._open.unregister(key.fileobj)
        del self.errors[:-_MAX_ERRORS]
