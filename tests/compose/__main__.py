"""``python -m tests.compose``: the whole stack of docker-compose.yml in a real engine, on stand-in images, checked.

Needs a Docker engine, Compose 2 and debootstrap, therefore no part of the test suite. Leaves nothing running.
"""

import argparse
import socket
import sys
from pathlib import Path
from typing import Final

from tests.compose import standins
from tests.compose.checks import CHECKS, CheckError, Site
from tests.compose.engine import ROOT, EngineError, Stack, compose_command

_FILES: Final = ("docker-compose.yml", "tests/compose/docker-compose.standin.yml")
_PORTS: Final = {
    "exporter": "EXPORTER",
    "prometheus": "PROMETHEUS",
    "alertmanager": "ALERTMANAGER",
    "grafana": "GRAFANA",
}


def main() -> int:
    """Start, check, stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--grafana", type=Path, metavar="DIR", help="an unpacked release of Grafana: bin, conf, public")
    parser.add_argument("--anew", action="store_true", help="make the stand-in images although they exist")
    parser.add_argument("--keep", action="store_true", help="leave the stack running")
    arguments = parser.parse_args()
    try:
        stack = Stack(compose_command(), _FILES, _environment(), ["grafana"] if arguments.grafana else [])
        standins.make(arguments.grafana, anew=arguments.anew)
        try:
            stack.run("up", "--detach", "--build", "--wait", "--wait-timeout", "300")
            return _check(
                Site(stack, {service: int(stack.environment[f"{name}_PORT"]) for service, name in _PORTS.items()})
            )
        finally:
            if not arguments.keep:
                stack.run("down", "--volumes", "--remove-orphans")
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _check(site: Site) -> int:
    failed = 0
    for check in CHECKS:
        try:
            line = f"ok      {check.__name__}: {check(site)}"
        except CheckError as error:
            failed += 1
            line = f"FAILED  {check.__name__}: {error}"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 1 if failed else 0


def _environment() -> dict[str, str]:
    """Return ports that are free now, and no configuration: what stands in the environment is not the demonstration.

    Raises:
        EngineError: there is a .env, whose variables would reach the exporter.
    """
    if (ROOT / ".env").exists():
        raise EngineError(".env: this checks the demonstration, which has none; run it in a clean checkout")
    ports = {}
    for name in _PORTS.values():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports[f"{name}_PORT"] = str(probe.getsockname()[1])
    return {**ports, "UMBRELLA_CONFIG": "", "UMBRELLA_OSTICKET__URL": "", "UMBRELLA_SLURM__SOURCE": ""}


if __name__ == "__main__":
    sys.exit(main())
