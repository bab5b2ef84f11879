"""Every panel shows something: all its questions, put to a real Prometheus that scrapes the real exporter."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.dashboards.shipped import Panel, boards, panels, variable_exprs
from tests.rules.monitoring import Monitoring
from tests.servers import free_port

DRAWN = [panel for panel in panels() if panel.source.get("targets")]


@pytest.fixture(scope="module")
def monitoring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    """Prometheus on a demonstration exporter that refreshes every second."""
    directory = tmp_path_factory.mktemp("demo")
    address = f"127.0.0.1:{free_port()}"
    config = directory / "umbrella.yml"
    config.write_text(
        f"osticket: {{url: 'demo://', refresh: 1s}}\nslurm: {{source: demo}}\n"
        f"state: {{directory: '{directory / 'state'}'}}\nweb: {{listen: '{address}'}}\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UMBRELLA_")}
    log = directory / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "exporter", "serve", "--config", str(config)]
        exporter = subprocess.Popen(command, stdout=output, stderr=output, env=clean)
    try:
        _wait_until_ready(f"http://{address}/readyz", exporter, log)
        with Monitoring([address], hurry=True) as running:
            # An increase over a range needs two scrapes.
            running.wait_for_data("count_over_time(umbrella_build_info[1m]) > 3")
            yield running
    finally:
        exporter.terminate()
        exporter.wait(20)


@pytest.mark.parametrize("panel", DRAWN, ids=str)
def test_every_panel_has_data(panel: Panel, monitoring: Monitoring) -> None:
    """Prometheus answers every question of the panel, all instances chosen, and the answer is not empty."""
    for expr in panel.exprs:
        assert monitoring.wait_for_data(_filled_in(expr), patience=20), expr


@pytest.mark.parametrize("uid", ["umbrella-overview", "umbrella-tickets"])
def test_every_variable_has_values(uid: str, monitoring: Monitoring) -> None:
    """The drop-downs have something to choose from, and the banner knows of the demonstration."""
    for expr in variable_exprs(boards()[uid]):
        assert monitoring.wait_for_data(_filled_in(expr), patience=20), expr


def _filled_in(expr: str) -> str:
    for variable in ("job", "instance"):
        expr = expr.replace(f'"${variable}"', '".+"')
    for variable in ("school", "department", "priority"):
        expr = expr.replace(f'"${variable}"', '".*"')
    return expr.replace("$__rate_interval", "1m")


def _wait_until_ready(address: str, exporter: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and exporter.poll() is None:
        try:
            if httpx.get(address, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the exporter was not ready\n{log.read_text()[-2000:]}")
