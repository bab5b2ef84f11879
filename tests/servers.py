"""Real servers for the tests: each private, on a free port, in a directory of its own, gone at the end."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pymysql
from pymysql.cursors import Cursor

SBIN = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def program(name: str) -> str:
    """Return the path of an installed program; Debian keeps daemons outside a user's PATH."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *SBIN]))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; run scripts/install-test-services first")
    return found


def free_port() -> int:
    """Return a TCP port on loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MariaDB:
    """A private MariaDB server; superuser ``admin``/``admin`` over TCP on loopback.

    Its directory lies directly under /tmp: the server drops to the user mysql, and socket paths are short.
    """

    def __init__(self, *options: str, environment: dict[str, str] | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="umb-sql.", dir="/tmp"))
        self.directory.chmod(0o755)
        self.port = free_port()
        self.socket = self.directory / "s.sock"
        self.options = options
        self.environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        root = os.getuid() == 0
        install = [
            program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            "--skip-test-db",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={getpass.getuser()}",
            *(["--user=mysql"] if root else []),
        ]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if root:
            shutil.chown(self.directory, "mysql")
        self.start()
        subprocess.run(
            [program("mariadb"), "--no-defaults", "-S", str(self.socket)],
            input="CREATE USER admin@'127.0.0.1' IDENTIFIED BY 'admin';"
            "GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION",
            text=True,
            check=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start the server (again) and wait until it answers on its socket and port."""
        command = [
            program("mariadbd"),
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory}",  # a server that starts deletes the temporary tables it finds in a shared one
            f"--socket={self.socket}",
            f"--pid-file={self.directory / 'pid'}",
            f"--log-error={self.directory / 'error.log'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
            "--performance-schema=OFF",
            *(["--user=mysql"] if os.getuid() == 0 else []),
            *self.options,
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"mariadbd exited: {(self.directory / 'error.log').read_text()[-2000:]}")
            if self.socket.exists() and self._answers():
                return
            time.sleep(0.05)
        raise TimeoutError("mariadbd did not answer within 60 s")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Shut the server down cleanly; a frozen one is killed."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def url(self, database: str, user: str = "admin", password: str = "admin") -> str:
        """Return the SQLAlchemy URL of a database on this server."""
        return f"mysql+pymysql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def create(self, name: str) -> str:
        """Create an empty database (an older one of the name is dropped) and return its URL."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")
        self.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self.url(name)

    def execute(self, sql: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Run one statement as the superuser, with osTicket's own lax ``sql_mode``, and return its rows."""
        connection: pymysql.Connection[Cursor] = pymysql.connect(
            host="127.0.0.1", port=self.port, user="admin", password="admin", database=database, charset="utf8mb4",
            sql_mode="", autocommit=True,
        )  # fmt: skip
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
