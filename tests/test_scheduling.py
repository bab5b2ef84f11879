import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import CounterMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from exporter.catalogue.base import MetricSpec
from exporter.clock import Clock
from exporter.collector import Refresh
from exporter.errors import CollectorError
from exporter.health import Health
from exporter.refreshing import REPEAT_OTHER, REPEAT_SAME, Refresher, Reporter, Stage
from exporter.scheduling import Lane, Schedule, retry_delay
from exporter.snapshot import SnapshotStore
from tests.collectors import PATIENCE, Hand, Scripted, gauges, wait_for

LOG = logging.getLogger("tests.scheduling")


def stage_of(clock: Clock | None = None) -> Stage:
    """Return an empty stage."""
    clock = clock or Clock()
    return Stage(SnapshotStore(), Health(clock), clock, Reporter(clock, LOG))


@contextmanager
def running(*collectors: Scripted, stage: Stage | None = None) -> Iterator[Stage]:
    """Run a schedule with the collectors; stop it at the end."""
    stage = stage or stage_of()
    schedule = Schedule(stage, list)
    schedule.run(collectors)
    try:
        yield stage
    finally:
        assert schedule.stop(PATIENCE) == []


def samples(stage: Stage) -> dict[tuple[str, str], float]:
    """Return what a scrape would see: value by metric and the first label's value."""
    text = stage.store.snapshot.answer("text").plain.decode()
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def up(stage: Stage, name: str) -> float | None:
    """Return ``umbrella_collector_up`` as scraped."""
    return samples(stage).get(("umbrella_collector_up", name))


def refused(now: float) -> Refresh:
    """Fail as a source does that is away."""
    raise CollectorError(f"the source refused at {now:.0f}")


def broken(_now: float) -> Refresh:
    """Fail as code with a bug does."""
    raise RuntimeError("printer on fire")


@given(st.floats(1, 1e6), st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_retry_never_exceeds_the_interval(interval: float, failures: int, jitter: float) -> None:
    """However often a refresh failed, the next try comes within one refresh interval."""
    assert 0 < retry_delay(interval, failures, jitter) <= interval


def test_retries_back_off() -> None:
    """Without jitter the delays double up to the interval; jitter takes up to half of each."""
    assert [retry_delay(60, failures, 0) for failures in range(1, 6)] == [7.5, 15, 30, 60, 60]
    assert retry_delay(60, 3, 0.5) == 22.5


def test_first_refresh_is_immediate() -> None:
    """A collector with an interval of a day publishes right after the start, in a thread of its own."""
    collector = Scripted("tickets", lambda _: gauges("osticket_x"), interval=86_400)
    with running(collector) as stage:
        wait_for(lambda: up(stage, "tickets") == 1)
        assert samples(stage)["osticket_x", "b"] == 2
        assert samples(stage)["umbrella_collector_rows", "tickets"] == 2
    assert collector.threads == {"collector-tickets"}
    assert collector.closed.is_set()


def test_refreshes_repeat() -> None:
    """Refreshes go on at the interval."""
    collector = Scripted("tickets", lambda _: gauges("osticket_x"), interval=0.01)
    with running(collector) as stage:
        wait_for(lambda: samples(stage).get(("umbrella_collector_refreshes_total", "tickets"), 0) >= 5)


def test_hung_collector_delays_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """While one collector hangs, the other goes on refreshing, and the hung one shows as down and is said once."""
    release = threading.Event()

    def hang(_now: float) -> Refresh:
        release.wait(PATIENCE)
        return gauges("slurm_x")

    hung = Scripted("slurm", hang, interval=0.01)
    alive = Scripted("tickets", lambda _: gauges("osticket_x"), interval=0.01)
    with running(hung, alive) as stage:
        wait_for(lambda: alive.calls > 20)
        assert hung.calls == 1
        assert (up(stage, "slurm"), up(stage, "tickets")) == (0, 1)
        wait_for(lambda: "hangs" in caplog.text)
        release.set()
        wait_for(lambda: up(stage, "slurm") == 1)
    assert caplog.text.count("hangs") == 1


@pytest.mark.parametrize(("script", "said"), [(refused, "the source refused"), (broken, "RuntimeError")])
def test_failure_is_isolated(caplog: pytest.LogCaptureFixture, script: object, said: str) -> None:
    """A collector that fails, expectedly or by a bug, is counted and down; the other one stays up."""
    failing = Scripted("slurm", script, interval=0.01)  # type: ignore[arg-type]
    with running(failing, Scripted("tickets", lambda _: gauges("osticket_x"))) as stage:
        wait_for(lambda: samples(stage).get(("umbrella_collector_failures_total", "slurm"), 0) >= 3)
        wait_for(lambda: up(stage, "tickets") == 1)
        assert up(stage, "slurm") == 0
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1
    assert said in lines[0].getMessage()
    assert "slurm" in lines[0].getMessage()
    assert "\n" not in lines[0].getMessage()
    assert lines[0].exc_info is None


def test_bug_is_named_by_its_place(caplog: pytest.LogCaptureFixture) -> None:
    """The line about a bug says kind and place and not the exception's text; the traceback comes at DEBUG."""
    caplog.set_level(logging.DEBUG)
    stage = stage_of()
    stage.health.enable([("slurm", 1.0, False)])
    assert not Refresher(Scripted("slurm", broken), stage).refresh()
    (line,) = (record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert "RuntimeError" in line
    assert "refreshing.py" in line
    assert "(broken)" in line
    assert "printer" not in line
    (debug,) = (record for record in caplog.records if record.levelno == logging.DEBUG)
    assert debug.exc_info is not None


def test_failure_keeps_the_last_good_data() -> None:
    """After a failed refresh the families of the last good one are still served."""
    stage = stage_of()
    stage.health.enable([("slurm", 1.0, False)])
    collector = Scripted("slurm", lambda _: gauges("slurm_x"))
    refresher = Refresher(collector, stage)
    assert refresher.refresh()
    collector.script = refused
    assert not refresher.refresh()
    assert samples(stage)["slurm_x", "a"] == 1
    assert stage.health.records()[0].rows == 2


def test_partial_refresh_publishes_and_is_down(caplog: pytest.LogCaptureFixture) -> None:
    """A refresh with a problem publishes its families, counts as failed, and its problem is said."""
    part = Refresh(gauges("slurm_x").families, 7, "PrivateData hides the users")
    with running(Scripted("slurm", lambda _: part)) as stage:
        wait_for(lambda: samples(stage).get(("umbrella_collector_failures_total", "slurm")) == 1)
        seen = samples(stage)
    assert seen["slurm_x", "a"] == 1
    assert seen["umbrella_collector_up", "slurm"] == 0
    assert seen["umbrella_collector_rows", "slurm"] == 7
    assert seen["umbrella_collector_last_success_timestamp_seconds", "slurm"] == 0
    assert "PrivateData" in caplog.text


def test_unrenderable_families_are_a_failure() -> None:
    """Families that no exposition can carry count as a failed refresh, and nothing of them is published."""
    spec = MetricSpec("slurm_x", "gauge", (), "Help.")
    with running(Scripted("slurm", lambda _: Refresh([spec.family([]), spec.family([])], 0))) as stage:
        wait_for(lambda: samples(stage).get(("umbrella_collector_failures_total", "slurm")) == 1)


def test_failure_is_said_once_and_recovery_too(caplog: pytest.LogCaptureFixture) -> None:
    """A lasting failure is said at its start and every quarter of an hour, another text sooner, recovery once."""
    caplog.set_level(logging.INFO)
    hand = Hand()
    reporter = Reporter(Clock(hand.now, hand.monotonic), LOG)
    for _ in range(int(REPEAT_SAME)):
        reporter.failed("slurm", "away")
        hand.move(1)
    assert caplog.messages == ["Collector slurm: away"]
    reporter.failed("slurm", "away")
    assert len(caplog.messages) == 2
    reporter.failed("slurm", "other\nreason")
    assert len(caplog.messages) == 2
    hand.move(REPEAT_OTHER)
    reporter.failed("slurm", "other\nreason")
    assert caplog.messages[2] == "Collector slurm: other reason"
    reporter.succeeded("slurm")
    reporter.succeeded("slurm")
    assert caplog.messages[3:] == ["Collector slurm works again, after 960 s of failures"]
    reporter.failed("slurm", "x" * 10_000)
    assert len(caplog.messages[-1]) < 1100


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_is_set_stops_no_refresh(hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refreshes go on at their interval although the machine's clock is set by an hour."""
    offset = timedelta(0)

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime will do
            return datetime.now(tz) + offset

    for module in ("apscheduler.schedulers.base", "apscheduler.triggers.interval", "exporter.scheduling"):
        monkeypatch.setattr(f"{module}.datetime", Moved)
    monkeypatch.setattr("exporter.scheduling.HEARTBEAT", 0.01)
    clock = Clock(lambda: time.time() + offset.total_seconds(), time.monotonic)
    collector = Scripted("tickets", lambda _: gauges("osticket_x"), interval=0.05)
    with running(collector, stage=stage_of(clock)):
        wait_for(lambda: collector.calls >= 3)
        offset = timedelta(hours=hours)
        before = collector.calls
        wait_for(lambda: collector.calls >= before + 5)


def test_starts_missed_during_a_long_refresh_are_left_out() -> None:
    """A start that falls due while a refresh is under way does not bring another one right behind it."""
    began, release = threading.Event(), threading.Event()

    def slow(_now: float) -> Refresh:
        began.set()
        release.wait(PATIENCE)
        return gauges("osticket_x")

    collector = Scripted("tickets", slow)
    outcomes: list[float] = []
    attempts = threading.Semaphore(0)
    stage = stage_of()
    stage.health.enable([("tickets", 60.0, False)])
    lane = Lane(Refresher(collector, stage), outcomes.append, attempts.release)
    lane.start()
    assert began.wait(PATIENCE)
    lane.wake()
    lane.wake()
    release.set()
    assert attempts.acquire(timeout=PATIENCE)
    wait_for(lambda: not lane._due.is_set())
    assert collector.calls == 1
    lane.wake()
    assert attempts.acquire(timeout=PATIENCE)
    assert collector.calls == 2
    lane.retire()
    lane.join(PATIENCE)
    assert not lane.is_alive()
    assert outcomes == []


def test_reload_keeps_data_and_counters() -> None:
    """Replaced collectors publish over the old ones' data, which stay until then; a collector that is off vanishes."""
    stage = stage_of()
    schedule = Schedule(stage, list)
    old = [Scripted("slurm", lambda _: gauges("slurm_x")), Scripted("tickets", lambda _: gauges("osticket_x"))]
    schedule.run(old)
    wait_for(lambda: up(stage, "slurm") == up(stage, "tickets") == 1)
    schedule.run([Scripted("tickets", refused)])
    wait_for(lambda: samples(stage)["umbrella_collector_refreshes_total", "tickets"] == 2)
    wait_for(lambda: up(stage, "tickets") == 0)
    seen = samples(stage)
    assert seen["osticket_x", "a"] == 1
    assert ("slurm_x", "a") not in seen
    assert ("umbrella_collector_up", "slurm") not in seen
    wait_for(lambda: all(collector.closed.is_set() for collector in old))
    assert schedule.stop(PATIENCE) == []


def test_replaced_refresh_publishes_nothing() -> None:
    """A refresh that ends after its collector was replaced neither publishes nor counts."""
    stage = stage_of()
    began, release = threading.Event(), threading.Event()

    def slow(_now: float) -> Refresh:
        began.set()
        release.wait(PATIENCE)
        return gauges("osticket_old")

    schedule = Schedule(stage, list)
    schedule.run([Scripted("tickets", slow)])
    assert began.wait(PATIENCE)
    schedule.run([Scripted("tickets", lambda _: gauges("osticket_new"))])
    release.set()
    wait_for(lambda: up(stage, "tickets") == 1)
    assert schedule.stop(PATIENCE) == []
    seen = samples(stage)
    assert ("osticket_new", "a") in seen
    assert ("osticket_old", "a") not in seen


def test_retired_before_its_turn_does_nothing() -> None:
    """A collector replaced before its first refresh is never asked."""
    stage = stage_of()
    collector = Scripted("tickets", refused)
    refresher = Refresher(collector, stage)
    refresher.retire()
    assert refresher.refresh()
    assert collector.calls == 0


def test_stop_names_what_hangs() -> None:
    """Stopping waits no longer than asked and names the collectors still in a refresh."""
    began, release = threading.Event(), threading.Event()

    def hang(_now: float) -> Refresh:
        began.set()
        release.wait(PATIENCE)
        return gauges("slurm_x")

    schedule = Schedule(stage_of(), list)
    schedule.run([Scripted("slurm", hang), Scripted("tickets", lambda _: gauges("osticket_x"))])
    assert began.wait(PATIENCE)
    assert schedule.stop(0.05) == ["slurm"]
    release.set()
    wait_for(lambda: schedule.stop(PATIENCE) == [])


def test_stop_interrupts_a_refresh() -> None:
    """A refresh that does not end by itself is interrupted by closing its collector, once."""

    class Interruptible(Scripted):
        closings = 0

        def close(self) -> None:
            self.closings += 1
            super().close()

    began = threading.Event()

    def wait(_now: float) -> Refresh:
        began.set()
        collector.closed.wait(PATIENCE)
        return gauges("slurm_x")

    collector = Interruptible("slurm", wait)
    schedule = Schedule(stage_of(), list)
    schedule.run([collector])
    assert began.wait(PATIENCE)
    wait_for(lambda: schedule.stop(0.1) == [])
    assert collector.closings == 1


def test_failure_to_close_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A collector that cannot be closed is said, and the thread ends all the same."""

    class Sticky(Scripted):
        def close(self) -> None:
            super().close()
            raise OSError("stuck")

    collector = Sticky("slurm", lambda _: gauges("slurm_x"))
    with running(collector) as stage:
        wait_for(lambda: up(stage, "slurm") == 1)
    assert "closing failed: an unexpected OSError" in caplog.text


def test_heartbeat_refreshes_the_process_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Umbrella's own metrics are rendered anew without any refresh, and a failure to read them stops nothing."""
    monkeypatch.setattr("exporter.scheduling.HEARTBEAT", 0.01)
    beats = iter(range(1_000_000))

    def process() -> list[CounterMetricFamily]:
        beat = next(beats)
        if beat == 3:
            raise OSError("no /proc")
        return [CounterMetricFamily("process_beats", "Beats.", value=beat)]

    stage = stage_of()
    schedule = Schedule(stage, process)
    schedule.run([])
    wait_for(lambda: samples(stage).get(("process_beats_total", ""), 0) > 5)
    assert schedule.stop(PATIENCE) == []
