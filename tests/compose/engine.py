"""Docker and Compose as commands: what they print, or an error that holds what they said."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PROJECT: Final = "umbrella-check"


class EngineError(Exception):
    """A command failed, or there is no engine."""


def command(
    words: Sequence[str], *, environment: Mapping[str, str] | None = None, stdin: IO[bytes] | None = None
) -> str:
    """Run a command in the project's folder and return its standard output.

    Raises:
        EngineError: it failed; with the end of what it said.
    """
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=stdin, capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")[-3000:]
        raise EngineError(f"{' '.join(words)}: exit code {done.returncode}\n{said}")
    return done.stdout.decode()


def compose_command() -> list[str]:
    """Return Compose 2's command: docker's plugin, else the program of its own.

    Raises:
        EngineError: no engine answers, or there is no Compose; says how to get one.
    """
    try:
        command(["docker", "info"])
    except (EngineError, FileNotFoundError) as error:
        raise EngineError(
            f"no Docker engine answers ({error}); start one, by hand for example with: "
            "dockerd --storage-driver=vfs --data-root=DIR"
        ) from error
    try:
        command(["docker", "compose", "version"])
    except EngineError:
        if shutil.which("docker-compose") is None:
            raise EngineError(
                "no Compose: install docker's plugin, or put docker-compose (version 2) on PATH"
            ) from None
        return ["docker-compose"]
    return ["docker", "compose"]


@dataclass(frozen=True)
class Stack:
    """A running project of Compose.

    Attributes:
        compose: Compose's command.
        files: compose files, the first one in the project's folder.
        environment: variables of the project.
        profiles: profiles that are on.
    """

    compose: Sequence[str]
    files: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    profiles: Sequence[str] = ()

    def run(self, *words: str) -> str:
        """Run one of Compose's commands on the project and return its standard output.

        Raises:
            EngineError: it failed.
        """
        options = [option for file in self.files for option in ("--file", file)]
        options += [option for profile in self.profiles for option in ("--profile", profile)]
        return command([*self.compose, "--project-name", PROJECT, *options, *words], environment=self.environment)

    def services(self) -> list[str]:
        """Return the names of the services that are on."""
        return sorted(self.run("config", "--services").split())

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine says of a service's container."""
        container = self.run("ps", "--all", "--quiet", service).strip()
        described: list[dict[str, Any]] = json.loads(command(["docker", "inspect", container]))
        return described[0]
