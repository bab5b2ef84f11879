"""Images for machines without a registry, made from the distribution's packages."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.compose.engine import EngineError, command

PYTHON: Final = "umbrella-standin-python"
PROGRAMS: Final = "umbrella-standin-programs"
GRAFANA: Final = "umbrella-standin-grafana"
_DOCKERFILE: Final = "tests/compose/Dockerfile"
# Certificates that this machine trusts: the registry of packages may stand behind one of its own.
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def mirror() -> tuple[str, str]:
    """Return address and suite that this machine's own packages come from.

    Raises:
        EngineError: apt names none; stand-ins can be made on Debian and its like only.
    """
    try:
        policy = command(["apt-cache", "policy"])
    except FileNotFoundError as error:
        raise EngineError("apt-cache: not found; stand-ins can be made on Debian and its like only") from error
    found = re.search(r"^ *\d+ (https?://\S+) ([a-z]+)/main \S+ Packages$", policy, re.MULTILINE)
    if found is None:
        raise EngineError("apt-cache policy names no archive with a component `main`; nothing to take packages from")
    return found[1], found[2]


def exists(image: str) -> bool:
    """Return whether the engine has the image."""
    return bool(command(["docker", "image", "ls", "--quiet", image]).strip())


def make(grafana: Path | None, *, anew: bool) -> None:
    """Make the images that are missing.

    Args:
        grafana: an unpacked release of Grafana; None: no stand-in for it.
        anew: make all of them, whether missing or not.

    Raises:
        EngineError: one cannot be made.
    """
    if anew or not exists(PYTHON):
        _import_python()
    if anew or not exists(PROGRAMS):
        _build(PROGRAMS, "programs", Path(_DOCKERFILE).parent)
    if grafana is not None and (anew or not exists(GRAFANA)):
        _build(GRAFANA, "grafana", grafana)


def _build(image: str, target: str, context: Path) -> None:
    # docker's own builder, which needs no plugin; it reads the Dockerfile from inside the context or standard input.
    words = ["docker", "build", "--network=host", f"--target={target}", f"--tag={image}", "--file=-", str(context)]
    with Path(_DOCKERFILE).open("rb") as dockerfile:
        command(words, environment={"DOCKER_BUILDKIT": "0"}, stdin=dockerfile)


def _import_python() -> None:
    """Make an image with Python and what a slim image of Python has besides.

    Raises:
        EngineError: debootstrap is missing or failed.
    """
    address, suite = mirror()
    tree = Path(tempfile.mkdtemp(prefix="umbrella-standin."))
    try:
        command(
            [
                "debootstrap",
                "--variant=minbase",
                "--include=python3,python3-venv,ca-certificates",
                suite,
                str(tree),
                address,
            ]
        )
        tree.chmod(0o755)  # it becomes the image's root, which users other than root have to enter
        if _AUTHORITIES.exists():
            shutil.copy(_AUTHORITIES, tree / _AUTHORITIES.relative_to("/"))
        _pipe(
            ["tar", "-C", str(tree), "-c", "."],
            ["docker", "import", f"--change=ENV PIP_CERT={_AUTHORITIES}", "-", PYTHON],
        )
    except FileNotFoundError as error:
        raise EngineError(f"{error.filename}: not found; install debootstrap") from error
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def _pipe(first: Sequence[str], second: Sequence[str]) -> None:
    with subprocess.Popen(first, stdout=subprocess.PIPE) as source:
        command(second, stdin=source.stdout)
    if source.returncode:
        raise EngineError(f"{' '.join(first)}: exit code {source.returncode}")
