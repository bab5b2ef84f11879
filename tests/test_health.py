from prometheus_client.metrics_core import Metric

from exporter import __version__
from exporter.clock import Clock
from exporter.health import HUNG_INTERVALS, Health
from exporter.process import process_families
from tests.collectors import Hand


def health(hand: Hand) -> Health:
    """Return the health of a real and an invented collector."""
    records = Health(Clock(hand.now, hand.monotonic))
    records.enable([("slurm", 30.0, True), ("tickets", 60.0, False)])
    return records


def values(families: list[Metric], name: str) -> dict[str, float]:
    """Return one family's values by collector."""
    (family,) = (family for family in families if name in {sample.name for sample in family.samples})
    return {sample.labels["collector"]: sample.value for sample in family.samples}


def test_enabled_collectors_are_exported_from_the_start() -> None:
    """Before the first attempt each enabled collector has all its metrics, at 0."""
    families = health(Hand()).families()
    for name in (
        "umbrella_collector_up",
        "umbrella_collector_last_success_timestamp_seconds",
        "umbrella_collector_last_duration_seconds",
        "umbrella_collector_refreshes_total",
        "umbrella_collector_failures_total",
        "umbrella_collector_rows",
    ):
        assert values(families, name) == {"slurm": 0.0, "tickets": 0.0}


def test_version_and_invented_data_are_said() -> None:
    """The build's version is a label, and only collectors with invented data are in `umbrella_demo_data`."""
    families = health(Hand()).families()
    assert values(families, "umbrella_demo_data") == {"slurm": 1.0}
    (sample,) = next(family for family in families if family.name == "umbrella_build_info").samples
    assert (sample.labels, sample.value) == ({"version": __version__}, 1.0)


def test_success_then_failure() -> None:
    """Every attempt counts, failed ones among them; the newest attempt's duration stands, the last success ages."""
    hand = Hand()
    records = health(hand)
    for seconds, succeeded, rows in ((2.0, True, 5), (3.0, False, None)):
        records.started("tickets")
        hand.move(seconds)
        records.finished("tickets", succeeded=succeeded, rows=rows)
    families = records.families()
    assert values(families, "umbrella_collector_up")["tickets"] == 0
    assert values(families, "umbrella_collector_refreshes_total")["tickets"] == 2
    assert values(families, "umbrella_collector_failures_total")["tickets"] == 1
    assert values(families, "umbrella_collector_last_duration_seconds")["tickets"] == 3
    assert values(families, "umbrella_collector_last_success_timestamp_seconds")["tickets"] == 1_700_000_002
    assert values(families, "umbrella_collector_rows")["tickets"] == 5


def test_clock_set_back_changes_no_duration() -> None:
    """Durations come from the monotonic clock: an hour back during an attempt leaves them right."""
    hand = Hand()
    records = health(hand)
    records.started("tickets")
    hand.move(2.0)
    hand.wall -= 3600
    records.finished("tickets", succeeded=True, rows=1)
    assert values(records.families(), "umbrella_collector_last_duration_seconds")["tickets"] == 2


def test_hung_refresh_is_down() -> None:
    """A refresh that runs longer than three intervals counts as down until it ends; then its outcome counts."""
    hand = Hand()
    records = health(hand)
    records.started("tickets")
    records.finished("tickets", succeeded=True, rows=1)
    records.started("tickets")
    hand.move(HUNG_INTERVALS * 60)
    assert values(records.families(), "umbrella_collector_up")["tickets"] == 1
    hand.move(1)
    assert values(records.families(), "umbrella_collector_up")["tickets"] == 0
    records.finished("tickets", succeeded=True, rows=1)
    assert values(records.families(), "umbrella_collector_up")["tickets"] == 1


def test_ready_after_one_success_each() -> None:
    """A collector is unready until its first success, and stays ready when it fails later."""
    records = health(Hand())
    assert [record.name for record in records.unready()] == ["slurm", "tickets"]
    for succeeded in (True, False):
        records.started("slurm")
        records.finished("slurm", succeeded=succeeded)
    assert [record.name for record in records.unready()] == ["tickets"]


def test_reload_keeps_counters_and_drops_what_is_off() -> None:
    """Enabling other collectors keeps the records of those that stay and forgets those that are off."""
    records = health(Hand())
    records.started("tickets")
    records.finished("tickets", succeeded=True, rows=3)
    records.enable([("tickets", 10.0, False), ("gpu", 5.0, False)])
    families = records.families()
    assert values(families, "umbrella_collector_refreshes_total") == {"tickets": 1.0, "gpu": 0.0}
    assert records.records()[0].interval == 10.0


def test_process_metrics_are_read_anew() -> None:
    """The process's memory, processor time and Python version are there, and processor time goes on."""
    read = process_families()
    families = {family.name: family for family in read()}
    assert {"process_resident_memory_bytes", "process_open_fds", "python_info", "python_gc_collections"} <= set(
        families
    )
    before = families["process_cpu_seconds"].samples[0].value
    after = before
    while after <= before:
        sum(range(1_000_000))
        (after,) = (family.samples[0].value for family in read() if family.name == "process_cpu_seconds")
