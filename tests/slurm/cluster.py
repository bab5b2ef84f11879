"""A private, real Slurm with its accounting: MariaDB, munged, slurmdbd, slurmctld and one slurmd per node."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import SBIN, MariaDB, free_port, program
from tests.slurm import settings
from tests.slurm.daemons import Daemon, frozen


class SlurmCluster:
    """Three nodes, two partitions, six GPUs. Cold start 3 s. Its directory lies under /tmp: socket paths are short.

    Attributes:
        environment: what a client needs to talk to it.
        munged, slurmdbd, slurmctld, slurmds: the daemons; ``stopped()`` and ``frozen()`` take one away for a while.
        mariadb: slurmdbd's database.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="umb-slurm.", dir="/tmp"))
        self.directory.chmod(0o755)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM", "SQUEUE", "SACCT"))}
        self.environment = clean | {
            "SLURM_CONF": str(self.directory / "slurm.conf"),
            "PATH": os.pathsep.join([os.environ.get("PATH", ""), *SBIN]),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        self.user = getpass.getuser()
        self.mariadb = MariaDB(environment={"SLURM_CONF": self.environment["SLURM_CONF"]})
        self.ports = settings.Ports(
            free_port(), free_port(), self.mariadb.port, tuple(free_port() for _ in settings.NODES)
        )
        settings.write(self.directory, self.ports, self.user)
        munge = self.directory / "munge"
        self.munged = self._daemon(
            "munged", "--foreground", f"--key-file={munge / 'key'}", f"--socket={munge / 'socket'}",
            f"--pid-file={munge / 'pid'}", f"--log-file={munge / 'log'}", f"--seed-file={munge / 'seed'}",
            ready=["munge", "-n", "-S", str(munge / "socket")],
        )  # fmt: skip
        self.slurmdbd = self._daemon("slurmdbd", "-D", ready=["sacctmgr", "-nP", "show", "cluster"])
        self.slurmctld = self._daemon("slurmctld", "-D", ready=["scontrol", "ping"])
        self.slurmds = {
            node.name: self._daemon("slurmd", "-D", "-N", node.name, ready=["scontrol", "show", "node", node.name])
            for node in settings.NODES
        }

    def _daemon(self, name: str, *options: str, ready: list[str]) -> Daemon:
        log = self.directory / f"{name}.out"
        return Daemon([program(name), *options], self.environment, log, lambda: self.client(*ready).returncode == 0)

    def __enter__(self) -> Self:
        try:
            self.mariadb.__enter__()
            self.mariadb.create("slurm_accounting")
            self.munged.start()
            self.slurmdbd.start()
            self.run("sacctmgr", "-i", "add", "cluster", settings.CLUSTER)
            self.slurmctld.start()
            for slurmd in self.slurmds.values():
                slurmd.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for daemon in (*self.slurmds.values(), self.slurmctld, self.slurmdbd, self.munged):
            daemon.stop()
        self.mariadb.__exit__(kind, error, trace)
        shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a client command and return how it ended."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def run(self, *command: str) -> str:
        """Run a client command that must succeed and return its output."""
        done = self.client(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def as_user(self, name: str) -> dict[str, str]:
        """Return the environment of a client that is another user of this system, by a token for an hour."""
        token = self.run("scontrol", "token", f"username={name}", "lifespan=3600").strip()
        return self.environment | {"SLURM_JWT": token.removeprefix("SLURM_JWT=")}

    def load(self, associations: str) -> None:
        """Load accounts and users in the format of ``sacctmgr dump``, below the cluster and root of its own."""
        file = self.directory / "associations"
        file.write_text(f"Cluster - '{settings.CLUSTER}'\nParent - 'root'\n{associations}")
        self.run("sacctmgr", "-i", "load", f"file={file}")

    @contextmanager
    def database_frozen(self) -> Iterator[None]:
        """Have the database behind slurmdbd frozen for a while."""
        assert self.mariadb.process is not None
        with frozen(self.mariadb.process.pid):
            yield

    @contextmanager
    def private_data(self, what: str) -> Iterator[None]:
        """Have slurmdbd hide things (``users``, ``accounts``) from ordinary users for a while."""
        with self.slurmdbd.stopped():
            settings.write(self.directory, self.ports, self.user, what)
        try:
            yield
        finally:
            with self.slurmdbd.stopped():
                settings.write(self.directory, self.ports, self.user)

    def leftovers(self) -> list[str]:
        """Return the processes that still carry this cluster in their environment."""
        mark = f"SLURM_CONF={self.environment['SLURM_CONF']}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return found
