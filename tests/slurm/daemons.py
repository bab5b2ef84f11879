"""One server of the cluster: started in the foreground, waited for, stopped, frozen."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def wait_until(
    what: str, ready: Callable[[], bool], seconds: float = 60, alive: Callable[[], bool] = lambda: True
) -> None:
    """Wait for a server; fails when it ends before it is ready."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            raise RuntimeError(f"{what} ended before it was ready")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not ready after {seconds} s")
        time.sleep(0.05)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Freeze a process for a while: it accepts connections and answers none."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Daemon:
    """A server that stays in the foreground, so that its process is ours to stop."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], log: Path, ready: Callable[[], bool]
    ) -> None:
        self.command = command
        self.environment = environment
        self.log = log
        self.ready = ready
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process number of the running server."""
        assert self.process is not None, f"{self.command[0]} does not run"
        return self.process.pid

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                cwd=self.log.parent, start_new_session=True,
            )  # fmt: skip
        self.process = process
        try:
            wait_until(self.command[0], self.ready, alive=lambda: process.poll() is None)
        except (RuntimeError, TimeoutError) as error:
            raise RuntimeError(f"{error}: {self.log.read_text(errors='replace')[-2000:]}") from error

    def stop(self) -> None:
        """Stop the server; one that does not end within 20 s is killed."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Have the server down for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the server frozen for a while."""
        with frozen(self.pid):
            yield
