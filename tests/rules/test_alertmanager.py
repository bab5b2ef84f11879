"""Alertmanager's configuration: valid, routed, without secrets."""

import subprocess

import pytest
import yaml

from tests.rules.shipped import PROMETHEUS
from tests.servers import program

CONFIG = PROMETHEUS / "alertmanager.yml"


def _amtool(*arguments: str) -> str:
    result = subprocess.run([program("amtool"), *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_alertmanager_accepts_the_configuration() -> None:
    """Amtool finds nothing wrong."""
    assert "SUCCESS" in _amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=TicketSpike", "severity=critical"], "operators"),
        (["alertname=DepartmentTicketSpike", "severity=warning"], "operators"),
        (["alertname=TicketIntakeSilent", "severity=warning"], "operators"),
        (["alertname=UmbrellaAbsent", "severity=critical", "job=umbrella"], "operators"),
        (["alertname=UmbrellaCollectorUnreliable", "severity=info"], "journal"),
        (["alertname=Watchdog", "severity=none"], "watchdog"),
        (["alertname=SomethingOfTomorrow", "severity=critical"], "operators"),
    ],
)
def test_alerts_go_to_their_receiver(labels: list[str], receiver: str) -> None:
    """Amtool routes each kind of alert to the receiver that is meant for it."""
    assert _amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels).strip() == receiver


def test_spikes_are_grouped_for_ten_seconds_at_most() -> None:
    """The route of spikes waits no longer than the two minutes from spike to notification allow."""
    routes = yaml.safe_load(CONFIG.read_text())["route"]["routes"]
    waits = [route["group_wait"] for route in routes if any("TicketSpike" in matcher for matcher in route["matchers"])]
    assert waits == ["10s"]


def test_nothing_secret_is_shipped() -> None:
    """Receivers have no address, so that the shipped file needs no secret and tells nobody."""
    assert [list(receiver) for receiver in yaml.safe_load(CONFIG.read_text())["receivers"]] == [["name"]] * 3
