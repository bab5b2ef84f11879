"""From a burst of tickets to a received notification, with a real Prometheus and a real Alertmanager."""

import datetime as dt
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.rules.desk import Desk
from tests.rules.monitoring import Monitoring
from tests.rules.promql import metrics
from tests.rules.shipped import alerts

LINKS = "http://localhost:3000/d"


@pytest.fixture(scope="module")
def desks() -> Iterator[list[Desk]]:
    """Three help desks, one per test that needs one of its own."""
    with Desk() as first, Desk() as second, Desk() as third:
        yield [first, second, third]


@pytest.fixture(scope="module")
def monitoring(desks: list[Desk]) -> Iterator[Monitoring]:
    """Prometheus and Alertmanager that watch them, in a hurry."""
    with Monitoring([desk.address for desk in desks], hurry=True) as running:
        yield running


def test_a_burst_becomes_a_notification(desks: list[Desk], monitoring: Monitoring) -> None:
    """Tickets above the bound end as a notification that says how many, how many were expected, and from whom."""
    desk = desks[0]
    monitoring.wait_for_data(f'osticket_created_tickets{{instance="{desk.address}"}} and on () umbrella:links:info')
    desk.created = 31
    found = monitoring.notification("TicketSpike", instance=desk.address)
    place = desk.address.replace(":", "%3A")
    assert (found.receiver, found.status) == ("operators", "firing")
    assert found.labels == {
        "alertname": "TicketSpike", "severity": "critical", "job": "umbrella", "instance": desk.address, "window": "1h",
    }  # fmt: skip
    assert found.annotations == {
        "summary": "31 tickets in 1h, 2.0 expected",
        "description": f"31 tickets were created in the last 1h at {desk.address}; 2.0 are usual at this time and more "
        "than 8 come by chance on one day in a thousand. Most came from phys (31). Read the newest subjects in "
        "osTicket: an outage shows as many tickets about one thing.",
        "dashboard_url": f"{LINKS}/umbrella-tickets?var-instance={place}",
        "runbook_url": f"{LINKS}/umbrella-runbook#ticketspike",
    }


def test_a_department_s_burst_becomes_a_notification(desks: list[Desk], monitoring: Monitoring) -> None:
    """A department above its own bound is notified with its name."""
    desk = desks[1]
    monitoring.wait_for_data(f'osticket_created_tickets{{instance="{desk.address}"}} and on () umbrella:links:info')
    desk.created = 9
    found = monitoring.notification("DepartmentTicketSpike", instance=desk.address)
    assert (found.receiver, found.labels["department"], found.labels["severity"]) == ("operators", "phys", "warning")
    assert found.annotations["summary"] == "9 tickets from phys in 1h, 2.0 expected"


def test_the_watchdog_barks(monitoring: Monitoring) -> None:
    """The sign of life reaches its own receiver."""
    monitoring.wait_for_data('ALERTS{alertname="Watchdog"}')
    address = f"http://{monitoring.alertmanager}/api/v2/alerts"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = httpx.get(address, params={"filter": "alertname=Watchdog"}).raise_for_status().json()
        if found:
            assert [receiver["name"] for receiver in found[0]["receivers"]] == ["watchdog"]
            return
        time.sleep(0.2)
    raise AssertionError("Alertmanager never had the Watchdog")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"alertname": "UmbrellaDataStale", "collector": "tickets"}, {"alertname": "TicketSpike"}),
        ({"alertname": "UmbrellaDataStale", "collector": "tickets"}, {"alertname": "DepartmentTicketSpike"}),
        ({"alertname": "UmbrellaDataStale", "collector": "tickets"}, {"alertname": "TicketIntakeSilent"}),
        ({"alertname": "UmbrellaAbsent"}, {"alertname": "InstanceDown"}),
    ],
)
def test_what_cannot_be_known_is_not_told(
    source: dict[str, str], target: dict[str, str], monitoring: Monitoring
) -> None:
    """Old data silence the ticket alerts of the same exporter, and an absent exporter its own instances."""
    place = {"job": "umbrella", "instance": f"{source['alertname']}.{target['alertname']}:1"}
    assert _state(monitoring, [{**source, **place}, {**target, **place}], 1) == "suppressed"


def test_other_exporters_are_told(monitoring: Monitoring) -> None:
    """Old data of one exporter, or of another collector, silence nobody else's spikes."""
    stale = {"alertname": "UmbrellaDataStale", "job": "umbrella"}
    elsewhere = {**stale, "instance": "other:1", "collector": "tickets"}
    slurm = {**stale, "instance": "mine:1", "collector": "slurm"}
    spike = {"alertname": "TicketSpike", "job": "umbrella", "instance": "mine:1"}
    assert _state(monitoring, [elsewhere, slurm, spike], 2) == "active"


def test_rules_name_series_that_prometheus_and_alertmanager_really_have(monitoring: Monitoring) -> None:
    """Every foreign series that an alert looks at exists in the real programs."""
    foreign = {
        name for rule in alerts() for name in metrics(rule.expr) if name.startswith(("prometheus_", "alertmanager_"))
    }
    assert foreign
    for name in sorted(foreign):
        monitoring.wait_for_data(name)


def _state(monitoring: Monitoring, labels: list[dict[str, str]], wanted: int) -> str:
    """Hand alerts to Alertmanager and return the state of one of them once it has been processed."""
    ends = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)).isoformat()
    address = f"http://{monitoring.alertmanager}/api/v2/alerts"
    httpx.post(address, json=[{"labels": each, "endsAt": ends} for each in labels]).raise_for_status()
    # Only an alert that is not the wanted one tells that the group has been flushed: inhibition is decided then.
    filters = [f'{name}="{value}"' for name, value in labels[wanted].items()]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = httpx.get(address, params={"filter": filters}).raise_for_status().json()
        if found and found[0]["status"]["state"] != "unprocessed":
            state: str = found[0]["status"]["state"]
            return state
        time.sleep(0.2)
    raise AssertionError(f"Alertmanager never processed {labels[wanted]}")
